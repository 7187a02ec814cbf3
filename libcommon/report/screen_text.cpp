#include "report/screen_text.hpp"

#include <algorithm>
#include <cstddef>

#include "base/utf8.hpp"
#include "report/report.hpp"

namespace lectio {
namespace {

std::string spaces(int count) {
  return std::string(static_cast<std::size_t>(std::max(0, count)), ' ');
}

// Takes off what fits `width` columns, at least one code point.
std::string_view take_columns(std::string_view& text, int width) {
  std::string_view rest = text;
  int used = 0;
  while (!rest.empty()) {
    std::string_view after = rest;
    used += display_width(take_code_point(after));
    if (used > width && rest.size() != text.size()) break;
    rest = after;
  }
  const std::string_view taken = text.substr(0, text.size() - rest.size());
  text = rest;
  return taken;
}

// Takes off a word: up to a space that is not inside backticks.
std::string_view take_word(std::string_view& text) {
  std::size_t end = 0;
  while (end < text.size() && text[end] != ' ') {
    const std::size_t close = text[end] == '`' ? text.find('`', end + 1) : std::string_view::npos;
    end = (close == std::string_view::npos ? end : close) + 1;
  }
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

bool is_command(std::string_view word) { return std::ranges::count(word, '`') >= 2; }

}  // namespace

std::string on_screen(std::string_view text) {
  std::string harmless;
  harmless.reserve(text.size());
  while (!text.empty()) {
    const char32_t c = take_code_point(text);
    if (c == U'\n' || c == U'\r' || c == U'\t') {
      harmless += ' ';
    } else {
      append_utf8(harmless, is_control(c) || is_direction(c) ? replacement_character : c);
    }
  }
  return harmless;
}

std::string cut_to(std::string_view text, int width) {
  if (display_width(text) <= width) return std::string{text};
  return std::string{take_columns(text, width - 1)} + "…";
}

std::string pad_end(std::string_view text, int width) {
  return std::string{text} + spaces(width - display_width(text));
}

std::string pad_front(std::string_view text, int width) {
  return spaces(width - display_width(text)) + std::string{text};
}

std::vector<std::string> wrap(std::string_view text, int width) {
  std::vector<std::string> lines{""};
  int used = 0;
  while (!text.empty()) {
    if (text.front() == ' ') {
      text.remove_prefix(1);
      continue;
    }
    std::string_view word = take_word(text);
    int word_width = display_width(word);
    if (used > 0 && used + 1 + word_width <= width) {
      lines.back() += ' ';
      ++used;
    } else if (used > 0) {
      lines.emplace_back();
      used = 0;
    }
    while (!is_command(word) && word_width > width) {
      lines.back() = take_columns(word, width);
      word_width -= display_width(lines.back());
      lines.emplace_back();
    }
    lines.back() += word;
    used += word_width;
  }
  return lines;
}

}  // namespace lectio
