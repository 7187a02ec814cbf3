#include "deploy_safe/progress.hpp"

#include <fmt/format.h>

#include <array>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <mutex>
#include <stop_token>
#include <system_error>

#include "alert/catalogue.hpp"
#include "report/screen_text.hpp"
#include "tool/output.hpp"

namespace lectio {
namespace {

void write_out(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

std::string seconds(std::chrono::duration<double> took, const std::string& unit) {
  return fmt::format("{:5.1f} {}", took.count(), unit);
}

void spin(const std::stop_token& stop, const std::string& words, const std::string& unit) {
  constexpr std::array frames{"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};
  constexpr std::chrono::milliseconds between{100};
  const auto began = std::chrono::steady_clock::now();
  std::mutex mutex;
  std::unique_lock lock{mutex};
  std::condition_variable_any stopped;
  for (std::size_t frame = 0; !stop.stop_requested(); ++frame) {
    const std::string line =
        fmt::format("{} {}  {}", frames.at(frame % frames.size()),
                    seconds(std::chrono::steady_clock::now() - began, unit), words);
    write_out("\r" + cut_to(line, terminal_width() - 1) + "\033[K");
    stopped.wait_for(lock, stop, between, [] { return false; });
  }
  write_out("\r\033[K");
}

}  // namespace

std::string Progress::phrase(std::string_view key, const Facts& values) const {
  return Catalogue::builtin().phrase(key, lang_, values);
}

void Progress::doing(std::string_view key) {
  began_ = clock_.boot();
  if (!stdout_is_terminal()) return;
  // Signals are for the thread that works.
  sigset_t all{};
  sigset_t before{};
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    spinner_ = std::jthread{spin, phrase(key), phrase("deploy_seconds")};
  } catch (const std::system_error&) {  // no thread is to be had: the deploy goes on without
    write_out(fmt::format("… {}\n", phrase(key)));
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Progress::done(std::string_view key, const Facts& values) { finish("✓", phrase(key, values)); }

void Progress::failed(const std::string& words) { finish("✗", words); }

void Progress::finish(std::string_view mark, const std::string& words) {
  say(fmt::format("{} {}  {}", mark, seconds(clock_.boot() - began_, phrase("deploy_seconds")),
                  words));
  began_ = clock_.boot();
}

void Progress::say(const std::string& line) {
  spinner_ = {};
  write_out(line + "\n");
}

}  // namespace lectio
