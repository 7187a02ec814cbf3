// Text for a terminal: harmless, and measured in columns instead of bytes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lectio {

int display_width(char32_t code_point);

// One line that cannot steer a terminal: line breaks and tabs become spaces; other control
// characters, escapes, direction overrides and bytes that are no UTF-8 become U+FFFD.
std::string on_screen(std::string_view text);

// At most `width` columns, the last one "…" when something was left out.
std::string cut_to(std::string_view text, int width);

// Filled up with spaces to `width` columns, at the end or (right-aligned) in front.
std::string pad_end(std::string_view text, int width);
std::string pad_front(std::string_view text, int width);

// Lines of at most `width` columns, broken between words, a longer word inside itself.
// A `command` in backticks is never broken, so that it can be copied: it may be wider.
std::vector<std::string> wrap(std::string_view text, int width);

}  // namespace lectio
