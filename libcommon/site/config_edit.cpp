#include "site/config_edit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>

#include "base/ascii.hpp"
#include "io/file.hpp"

namespace lectio {
namespace {

struct Span {
  std::size_t start;
  std::size_t end;
};

std::size_t skip_blanks(std::string_view text, std::size_t at, std::size_t end) {
  while (at < end && is_blank(text[at])) ++at;
  return at;
}

// Quoted and plain pieces up to the first blank, as bash reads them.
std::size_t end_of_value(std::string_view text, std::size_t at, std::size_t end) {
  char quote = '\0';
  for (; at < end; ++at) {
    const char c = text[at];
    if (c == '\\' && quote != '\'') {
      ++at;
    } else if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (is_blank(c)) {
      break;
    }
  }
  return std::min(at, end);
}

// Where the value of `key` stands in the line [start, end), if the line assigns it.
std::optional<Span> value_in_line(std::string_view text, std::size_t start, std::size_t end,
                                  std::string_view key) {
  std::size_t at = skip_blanks(text, start, end);
  constexpr std::string_view export_word = "export";
  if (text.substr(at, export_word.size()) == export_word && at + export_word.size() < end &&
      is_blank(text[at + export_word.size()])) {
    at = skip_blanks(text, at + export_word.size(), end);
  }
  if (text.substr(at, key.size()) != key) return std::nullopt;
  at += key.size();
  if (at >= end || text[at] != '=') return std::nullopt;
  return Span{at + 1, end_of_value(text, at + 1, end)};
}

std::optional<Span> last_value(std::string_view text, std::string_view key) {
  std::optional<Span> last;
  std::size_t start = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  while (start < text.size()) {
    const std::size_t newline = std::min(text.find('\n', start), text.size());
    const bool carriage_return = newline > start && text[newline - 1] == '\r';
    if (auto value = value_in_line(text, start, newline - (carriage_return ? 1 : 0), key)) {
      last = value;
    }
    start = newline + 1;
  }
  return last;
}

// The end of the last line "#KEY=", behind its newline.
std::optional<std::size_t> end_of_example(std::string_view text, std::string_view key) {
  const std::string example = fmt::format("#{}=", key);
  std::optional<std::size_t> last;
  std::size_t start = 0;
  while (start < text.size()) {
    const std::size_t newline = text.find('\n', start);
    if (newline == std::string_view::npos) break;
    if (text.substr(start).starts_with(example)) last = newline + 1;
    start = newline + 1;
  }
  return last;
}

std::string quoted(std::string_view value) {
  std::string text = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\' || c == '$' || c == '`') text += '\\';
    text += c;
  }
  return text + '"';
}

}  // namespace

std::string with_assignment(std::string text, std::string_view key, std::string_view value) {
  if (const auto place = last_value(text, key)) {
    text.replace(place->start, place->end - place->start, quoted(value));
    return text;
  }
  const std::string line_end = text.find("\r\n") != std::string::npos ? "\r\n" : "\n";
  const std::string line = fmt::format("{}={}{}", key, quoted(value), line_end);
  if (const auto example = end_of_example(text, key)) return text.insert(*example, line);
  if (!text.empty() && text.back() != '\n') text += line_end;
  return text + line;
}

Result<void> write_assignments(const std::string& path,
                               const std::map<std::string, std::string>& assignments) {
  std::error_code failed;
  const std::string real = std::filesystem::canonical(path, failed).string();
  if (failed) return fail(ErrorKind::io, fmt::format("cannot find {}: {}", path, failed.message()));
  auto text = read_file(real);
  if (!text) return std::unexpected(text.error());
  for (const auto& [key, value] : assignments) {
    *text = with_assignment(std::move(*text), key, value);
  }
  return write_file_atomically(real, *text, 0600, Owner::keep);
}

}  // namespace lectio
