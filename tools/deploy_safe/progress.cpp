#include "deploy_safe/progress.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "alert/catalogue.hpp"
#include "tool/output.hpp"

namespace lectio {
namespace {

void write_out(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

}  // namespace

std::string Progress::phrase(std::string_view key, const Facts& values) const {
  return Catalogue::builtin().phrase(key, lang_, values);
}

void Progress::doing(std::string_view key) {
  began_ = clock_.boot();
  if (stdout_is_terminal()) write_out(fmt::format("… {}", phrase(key)));
}

void Progress::done(std::string_view key, const Facts& values) { finish("✓", phrase(key, values)); }

void Progress::failed(const std::string& words) { finish("✗", words); }

void Progress::finish(std::string_view mark, const std::string& words) {
  const auto took = std::chrono::duration_cast<Milliseconds>(clock_.boot() - began_);
  write_out(fmt::format("{}{} {:5.1f} {}  {}\n", stdout_is_terminal() ? "\r\033[K" : "", mark,
                        static_cast<double>(took.count()) / 1000, phrase("deploy_seconds"), words));
  began_ = clock_.boot();
}

void Progress::say(const std::string& line) { write_out(line + "\n"); }

}  // namespace lectio
