#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace lectio {

// What stands between any of the separators; nothing for nothing.
inline std::vector<std::string> split(std::string_view text, std::string_view separators) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(separators), text.size());
    if (end > 0) parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

}  // namespace lectio
