#include "site/config_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/ascii.hpp"

namespace lectio {
namespace {

bool is_name_start(char c) { return c == '_' || std::isalpha(static_cast<unsigned char>(c)) != 0; }

bool is_name(char c) {
  return is_name_start(c) || std::isdigit(static_cast<unsigned char>(c)) != 0;
}

std::string_view trim_left(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  return text;
}

// One line of the file, read from left to right.
class LineReader {
 public:
  LineReader(std::string_view line, int number, const std::string& path)
      : rest_(line), number_(number), path_(path) {}

  Result<void> read(ConfigFile& into) {
    rest_ = trim_left(rest_);
    if (rest_.empty() || rest_.front() == '#') return {};
    if (rest_.starts_with("export") && rest_.size() > 6 && is_blank(rest_[6])) {
      rest_ = trim_left(rest_.substr(6));
    }
    Assignment assignment;
    assignment.line = number_;
    while (!rest_.empty() && is_name(rest_.front())) assignment.key.push_back(take());
    if (assignment.key.empty() || !is_name_start(assignment.key.front()) || rest_.empty() ||
        rest_.front() != '=') {
      return error("expected KEY=\"value\" with no space before the =");
    }
    take();
    if (auto value = read_value(assignment, into.warnings); !value) return value;
    into.assignments.push_back(std::move(assignment));
    return {};
  }

 private:
  char take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  std::unexpected<Error> error(std::string_view what) const {
    return fail(ErrorKind::config, fmt::format("{}:{}: {}", path_, number_, what));
  }

  // Quoted and unquoted pieces may touch, as in bash: a"b c"'d'.
  Result<void> read_value(Assignment& into, std::vector<std::string>& warnings) {
    while (!rest_.empty() && !is_blank(rest_.front())) {
      const char c = rest_.front();
      Result<void> piece{};
      if (c == '"') {
        piece = read_double_quoted(into, warnings);
      } else if (c == '\'') {
        piece = read_single_quoted(into);
      } else {
        piece = read_plain(into, warnings);
      }
      if (!piece) return piece;
    }
    const std::string_view tail = trim_left(rest_);
    if (tail.empty() || tail.front() == '#') return {};
    return error(fmt::format("{} has an unquoted space: write {}=\"...\"", into.key, into.key));
  }

  Result<void> read_double_quoted(Assignment& into, std::vector<std::string>& warnings) {
    take();
    while (!rest_.empty() && rest_.front() != '"') {
      if (auto harmless = refuse_execution(into, warnings); !harmless) return harmless;
      char c = take();
      const bool escape = c == '\\' && !rest_.empty() &&
                          std::string_view{"\"\\$`"}.find(rest_.front()) != std::string_view::npos;
      if (escape) c = take();
      into.value.push_back(c);
    }
    if (rest_.empty()) return error(fmt::format("{}: the closing \" is missing", into.key));
    take();
    return {};
  }

  Result<void> read_single_quoted(Assignment& into) {
    take();
    const std::size_t end = rest_.find('\'');
    if (end == std::string_view::npos) {
      return error(fmt::format("{}: the closing ' is missing", into.key));
    }
    into.value.append(rest_.substr(0, end));
    rest_.remove_prefix(end + 1);
    return {};
  }

  Result<void> read_plain(Assignment& into, std::vector<std::string>& warnings) {
    if (auto harmless = refuse_execution(into, warnings); !harmless) return harmless;
    char c = take();
    if (std::string_view{";|&<>()"}.find(c) != std::string_view::npos) {
      return error(fmt::format("{} has an unquoted {}: write {}=\"...\"", into.key, c, into.key));
    }
    if (c == '\\' && !rest_.empty()) c = take();
    into.value.push_back(c);
    return {};
  }

  Result<void> refuse_execution(const Assignment& into, std::vector<std::string>& warnings) const {
    if (rest_.front() == '`' || rest_.starts_with("$(")) {
      return error(fmt::format(
          "{} runs a command: this file is read, not executed; write the value itself, or put it "
          "in single quotes",
          into.key));
    }
    if (rest_.front() == '$' && rest_.size() > 1 && (rest_[1] == '{' || is_name_start(rest_[1]))) {
      warnings.push_back(
          fmt::format("{}:{}: {} holds a $: variables are not expanded, it is taken as it stands "
                      "(single quotes say so to other readers too)",
                      path_, number_, into.key));
    }
    return {};
  }

  std::string_view rest_;
  int number_;
  const std::string& path_;
};

}  // namespace

bool is_placeholder(std::string_view value) {
  return (value.starts_with("YOUR_") && value.ends_with("_HERE")) ||
         (value.starts_with('<') && value.ends_with('>'));
}

Result<ConfigFile> parse_config_file(std::string_view text, const std::string& path) {
  ConfigFile file;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  int number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find('\0') != std::string_view::npos) {
      return fail(ErrorKind::config,
                  fmt::format("{}:{}: a NUL byte: this is no text file", path, number + 1));
    }
    if (auto read = LineReader{line, ++number, path}.read(file); !read) {
      return std::unexpected(read.error());
    }
  }
  return file;
}

}  // namespace lectio
