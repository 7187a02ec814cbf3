// Changes values in the owner's config.env and nothing else in it.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace lectio {

// `text` with KEY="value" in the place of the last assignment to KEY, else below the last line
// "#KEY=", else at the end. Every other byte stays: comments, duplicates, `export`, line ends
// (CRLF too). The value is one line.
std::string with_assignment(std::string text, std::string_view key, std::string_view value);

// The file, replaced atomically, readable by its owner only (0600), who stays its owner.
// A symbolic link is followed.
Result<void> write_assignments(const std::string& path,
                               const std::map<std::string, std::string>& assignments);

}  // namespace lectio
