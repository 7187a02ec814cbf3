#include "alert/html.hpp"

#include <array>
#include <optional>
#include <utility>

#include "base/utf8.hpp"

namespace lectio {
namespace {

void append_escaped(std::string& html, char32_t c) {
  if (c == U'&') {
    html += "&amp;";
  } else if (c == U'<') {
    html += "&lt;";
  } else if (c == U'>') {
    html += "&gt;";
  } else if (c == U'\n') {
    html += '\n';
  } else if (c == U'\t') {
    html += ' ';
  } else {
    append_utf8(html, is_control(c) || is_direction(c) ? replacement_character : c);
  }
}

std::string escaped_without_commands(std::string_view text) {
  std::string html;
  html.reserve(text.size());
  while (!text.empty()) {
    if (text.starts_with("\r\n")) text.remove_prefix(1);
    append_escaped(html, take_code_point(text));
  }
  return html;
}

// What stands between the backtick at the front and the next one; empty: no command.
std::string_view command_at_front(std::string_view text) {
  const std::size_t close = text.find_first_of("`\r\n", 1);
  if (close == std::string_view::npos || text[close] != '`') return {};
  return text.substr(1, close - 1);
}

std::size_t units_of(char32_t c) { return c > 0xFFFF ? 2 : 1; }

std::optional<char32_t> named_entity(std::string_view name) {
  static constexpr std::array known{
      std::pair{std::string_view{"lt"}, U'<'}, std::pair{std::string_view{"gt"}, U'>'},
      std::pair{std::string_view{"amp"}, U'&'}, std::pair{std::string_view{"quot"}, U'"'}};
  for (const auto& [candidate, c] : known) {
    if (candidate == name) return c;
  }
  return std::nullopt;
}

// The length of the tag at the front; 0: there is none.
std::size_t tag_length(std::string_view html) {
  if (html.size() < 3 || html[0] != '<') return 0;
  const char c = html[html[1] == '/' ? 2 : 1];
  const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  const std::size_t close = html.find('>');
  return !is_letter || close == std::string_view::npos ? 0 : close + 1;
}

// Takes a tag (no character) or one character as it is shown off a text that is not empty.
std::optional<char32_t> take_shown(std::string_view& html) {
  if (const std::size_t length = tag_length(html); length > 0) {
    html.remove_prefix(length);
    return std::nullopt;
  }
  if (html.front() == '&') {
    const std::size_t end = html.substr(0, 8).find(';');
    const auto entity =
        end == std::string_view::npos ? std::nullopt : named_entity(html.substr(1, end - 1));
    if (entity) {
      html.remove_prefix(end + 1);
      return entity;
    }
  }
  return take_code_point(html);
}

}  // namespace

std::string escaped(std::string_view text, std::size_t most_commands) {
  std::string html;
  std::size_t commands = 0;
  while (!text.empty()) {
    const std::size_t tick = commands < most_commands ? text.find('`') : std::string_view::npos;
    html += escaped_without_commands(text.substr(0, tick));
    if (tick == std::string_view::npos) break;
    text.remove_prefix(tick);
    const std::string_view command = command_at_front(text);
    if (one_line(command).empty()) {
      html += '`';
      text.remove_prefix(1);
      continue;
    }
    html += "<code>" + escaped_without_commands(command) + "</code>";
    text.remove_prefix(command.size() + 2);
    ++commands;
  }
  return html;
}

std::string one_line(std::string_view text) {
  std::string line;
  bool gap = false;
  for (const char c : text) {
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t') {
      gap = true;
      continue;
    }
    if (gap && !line.empty()) line += ' ';
    gap = false;
    line += c;
  }
  return line;
}

std::string cut_to_units(std::string_view text, std::size_t units) {
  std::string_view rest = text;
  std::size_t used = 0;
  std::size_t kept = 0;  // bytes that leave room for the mark
  while (!rest.empty()) {
    if (used < units) kept = text.size() - rest.size();
    used += units_of(take_code_point(rest));
    if (used > units) return std::string{text.substr(0, kept)} + "…";
  }
  return std::string{text};
}

std::string plain_text(std::string_view html) {
  std::string text;
  while (!html.empty()) {
    if (const auto shown = take_shown(html)) append_utf8(text, *shown);
  }
  return text;
}

std::size_t length_after_parsing(std::string_view html) {
  std::size_t units = 0;
  while (!html.empty()) {
    if (const auto shown = take_shown(html)) units += units_of(*shown);
  }
  return units;
}

std::size_t entities_of(std::string_view html) {
  std::size_t entities = 0;
  while (!html.empty()) {
    if (tag_length(html) > 0 && html[1] != '/') ++entities;
    take_shown(html);
  }
  return entities;
}

}  // namespace lectio
