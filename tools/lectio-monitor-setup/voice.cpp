#include "lectio-monitor-setup/voice.hpp"

#include <cstdio>

#include "alert/catalogue.hpp"

namespace lectio {

std::string Voice::phrase(std::string_view key, const Facts& values) const {
  return Catalogue::builtin().phrase(key, lang_, values);
}

void Voice::say(const std::string& line) const {
  std::fputs((line + "\n").c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace lectio
