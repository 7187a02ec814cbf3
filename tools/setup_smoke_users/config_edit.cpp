#include "setup_smoke_users/config_edit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>

#include "io/file.hpp"

namespace lectio {
namespace {

struct Span {
  std::size_t start;
  std::size_t end;
};

bool is_blank(char c) { return c == ' ' || c == '\t'; }

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

}  // namespace

std::string with_assignment(std::string text, std::string_view key, std::string_view value) {
  if (const auto place = last_value(text, key)) {
    text.replace(place->start, place->end - place->start, fmt::format("\"{}\"", value));
    return text;
  }
  const std::string line_end = text.find("\r\n") != std::string::npos ? "\r\n" : "\n";
  if (!text.empty() && text.back() != '\n') text += line_end;
  return text + fmt::format("{}=\"{}\"{}", key, value, line_end);
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
