#include "base/utf8.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace lectio {
namespace {

struct Lead {
  std::size_t length;  // of the sequence; 0: no byte to start with
  char32_t bits;
  char32_t smallest;  // below it the sequence is overlong
};

Lead lead_of(unsigned char byte) {
  if (byte < 0x80U) return {1, byte, 0};
  if (byte < 0xC0U) return {0, 0, 0};
  if (byte < 0xE0U) return {2, byte & 0x1FU, 0x80};
  if (byte < 0xF0U) return {3, byte & 0x0FU, 0x800};
  if (byte < 0xF8U) return {4, byte & 0x07U, 0x10000};
  return {0, 0, 0};
}

// Of the ASCII or the letter of two bytes that the text begins with; 0: it is neither.
std::size_t quick_length(std::string_view text) {
  constexpr std::uint64_t high_bits = 0x8080808080808080U;
  std::uint64_t word = high_bits;
  if (text.size() >= sizeof word) std::memcpy(&word, text.data(), sizeof word);
  if ((word & high_bits) == 0) return sizeof word;
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80U) return 1;
  if (lead < 0xC2U || lead >= 0xE0U || text.size() < 2) return 0;
  return (static_cast<unsigned char>(text[1]) & 0xC0U) == 0x80U ? 2 : 0;
}

bool is_scalar(char32_t code_point) {
  return code_point <= 0x10FFFF && (code_point < 0xD800 || code_point > 0xDFFF);
}

}  // namespace

char32_t take_code_point(std::string_view& text) {
  const Lead lead = lead_of(static_cast<unsigned char>(text.front()));
  char32_t code_point = lead.bits;
  bool good = lead.length != 0 && lead.length <= text.size();
  for (std::size_t i = 1; good && i < lead.length; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    good = (byte & 0xC0U) == 0x80U;
    code_point = (code_point << 6U) | (byte & 0x3FU);
  }
  good = good && code_point >= lead.smallest && is_scalar(code_point);
  text.remove_prefix(good ? lead.length : 1);
  return good ? code_point : replacement_character;
}

std::size_t invalid_utf8_at(std::string_view text) {
  std::string_view rest = text;
  while (!rest.empty()) {
    // Nearly all that we read is ASCII or, like Cyrillic, of two bytes a letter.
    if (const std::size_t plain = quick_length(rest); plain != 0) {
      rest.remove_prefix(plain);
      continue;
    }
    const std::string_view before = rest;
    if (take_code_point(rest) == replacement_character && before.size() - rest.size() == 1) {
      return text.size() - before.size();
    }
  }
  return std::string_view::npos;
}

void append_utf8(std::string& text, char32_t code_point) {
  const auto byte = [&text](char32_t value) { text += static_cast<char>(value); };
  if (code_point < 0x80) {
    byte(code_point);
  } else if (code_point < 0x800) {
    byte(0xC0U | (code_point >> 6U));
    byte(0x80U | (code_point & 0x3FU));
  } else if (code_point < 0x10000) {
    byte(0xE0U | (code_point >> 12U));
    byte(0x80U | ((code_point >> 6U) & 0x3FU));
    byte(0x80U | (code_point & 0x3FU));
  } else {
    byte(0xF0U | (code_point >> 18U));
    byte(0x80U | ((code_point >> 12U) & 0x3FU));
    byte(0x80U | ((code_point >> 6U) & 0x3FU));
    byte(0x80U | (code_point & 0x3FU));
  }
}

std::string valid_utf8(std::string_view text) {
  if (invalid_utf8_at(text) == std::string_view::npos) return std::string{text};
  std::string valid;
  valid.reserve(text.size());
  while (!text.empty()) append_utf8(valid, take_code_point(text));
  return valid;
}

}  // namespace lectio
