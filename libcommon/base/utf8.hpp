// UTF-8 from strangers: decoded code point by code point, never trusted.
#pragma once

#include <string>
#include <string_view>

namespace lectio {

inline constexpr char32_t replacement_character = 0xFFFD;

// Control codes and the separators of lines and paragraphs.
constexpr bool is_control(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029;
}

// What turns the direction of the text around it.
constexpr bool is_direction(char32_t c) {
  return c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069);
}

// Takes the first code point off a text that is not empty. Bytes that are no UTF-8
// (stray, overlong, surrogates, cut short) are one replacement character each.
char32_t take_code_point(std::string_view& text);

// The first byte that is no UTF-8, or npos.
std::size_t invalid_utf8_at(std::string_view text);

void append_utf8(std::string& text, char32_t code_point);

// The same text, with replacement characters where it was no UTF-8.
std::string valid_utf8(std::string_view text);

}  // namespace lectio
