// Telegram HTML made of text that may be a stranger's, measured as Telegram measures it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lectio {

// Text of ours or of strangers as Telegram shows it literally: & < > escaped; control
// characters but line breaks, bytes that are no UTF-8 and direction marks replaced, tabs
// made spaces. The first `most_commands` of the `commands` in backticks become <code>.
std::string escaped(std::string_view text, std::size_t most_commands = 10);

// Line breaks, tabs and spaces in a row as one space, none at either end.
std::string one_line(std::string_view text);

// Of a text that is no HTML yet: at most `units` (at least 1) UTF-16 code units, the last
// one "…" when something was left out. Cuts between code points.
std::string cut_to_units(std::string_view text, std::size_t units);

// Without tags, entities resolved, line breaks kept: for mail and for a receiver that cannot
// parse it.
std::string plain_text(std::string_view html);

// UTF-16 code units of what a reader sees.
std::size_t length_after_parsing(std::string_view html);

// Message entities that its tags become: bold, code.
std::size_t entities_of(std::string_view html);

}  // namespace lectio
