#include "alert/telegram_html.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace lectio {
namespace {

// The length of the UTF-8 sequence at the front and its value; 0: it is none.
std::size_t decode(std::string_view text, std::uint32_t& value) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  std::size_t length = 1;
  value = byte(0);
  if (value >= 0xF0 && value <= 0xF4) {
    length = 4;
    value &= 0x07U;
  } else if (value >= 0xE0) {
    length = 3;
    value &= 0x0FU;
  } else if (value >= 0xC2) {
    length = 2;
    value &= 0x1FU;
  } else if (value >= 0x80) {
    return 0;
  }
  if (byte(0) > 0xF4 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (byte(i) < 0x80 || byte(i) > 0xBF) return 0;
    value = value * 64 + (byte(i) - 0x80U);
  }
  constexpr std::array<std::uint32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  return value < smallest.at(length) || value > 0x10FFFF || surrogate ? 0 : length;
}

bool deceives(std::uint32_t c) {
  if (c == '\n') return false;
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || (c >= 0x200E && c <= 0x200F) ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x061C;
}

}  // namespace

TelegramReading read_telegram_html(std::string_view html) {
  TelegramReading reading;
  std::vector<std::string> open;
  const auto refuse = [&](std::string_view why) {
    reading.fault = std::string{why} + " before: " + std::string{html.substr(0, 60)};
    return reading;
  };
  while (!html.empty()) {
    if (html[0] == '<') {
      const std::size_t end = html.find('>');
      if (end == std::string_view::npos) return refuse("a tag without end");
      std::string tag{html.substr(1, end - 1)};
      if (tag.starts_with('/')) {
        if (open.empty() || open.back() != tag.substr(1)) return refuse("a closing tag too many");
        open.pop_back();
      } else {
        if (tag != "b" && tag != "code") return refuse("a tag that is not ours");
        if (!open.empty()) return refuse("a tag inside another");
        ++reading.entities;
        open.push_back(std::move(tag));
      }
      html.remove_prefix(end + 1);
      continue;
    }
    if (html[0] == '>') return refuse("a bare >");
    if (html[0] == '&') {
      const std::size_t end = html.find(';');
      const std::string_view name = html.substr(0, end);
      const char c = name == "&lt" ? '<' : name == "&gt" ? '>' : name == "&amp" ? '&' : '"';
      if (c == '"' && name != "&quot") return refuse("an entity that Telegram does not know");
      reading.shown += c;
      ++reading.units;
      html.remove_prefix(end + 1);
      continue;
    }
    std::uint32_t value = 0;
    const std::size_t length = decode(html, value);
    if (length == 0) return refuse("bytes that are no UTF-8");
    if (deceives(value)) return refuse("a character that steers");
    reading.shown += html.substr(0, length);
    reading.units += value >= 0x10000 ? 2 : 1;
    html.remove_prefix(length);
  }
  if (!open.empty()) return refuse("a tag that is not closed");
  if (reading.units == 0) return refuse("nothing to show");
  if (reading.units > 4096) return refuse("too long");
  if (reading.entities > 100) return refuse("too many entities");
  return reading;
}

}  // namespace lectio
