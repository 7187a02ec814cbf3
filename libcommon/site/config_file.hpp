// The syntax of config.env: what bash would read, without running any of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace lectio {

struct Assignment {
  std::string key;
  std::string value;
  int line = 0;
};

struct ConfigFile {
  std::vector<Assignment> assignments;  // in the file's order, duplicates included
  std::vector<std::string> warnings;
};

// What an example has in the place of a value: YOUR_..._HERE, <...>.
bool is_placeholder(std::string_view value);

// KEY=value, "value", 'value', export, comments, CRLF, a byte order mark. Command
// substitution is an error, as is anything bash would take for a command; errors
// (ErrorKind::config) read "PATH:LINE: what, and what to do".
Result<ConfigFile> parse_config_file(std::string_view text, const std::string& path);

}  // namespace lectio
