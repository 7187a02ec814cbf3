#include "lectio-monitor-setup/app_unit.hpp"

#include <algorithm>

#include "base/split.hpp"

namespace lectio {
namespace {

// A line that ends in a backslash goes on in the next.
std::vector<std::string> whole_lines(std::string_view text) {
  std::vector<std::string> lines;
  bool goes_on = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    const bool continues = line.ends_with('\\');
    if (continues) line.remove_suffix(1);
    if (goes_on) {
      lines.back() += ' ';
      lines.back() += line;
    } else {
      lines.emplace_back(line);
    }
    goes_on = continues;
  }
  return lines;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

// Quotes around a whole word are taken away; nothing here needs more of the syntax.
std::vector<std::string> words_of(std::string_view command) {
  std::vector<std::string> words = split(command, " \t");
  for (std::string& word : words) {
    const bool quoted = word.size() > 1 && (word.front() == '"' || word.front() == '\'') &&
                        word.back() == word.front();
    if (quoted) word = word.substr(1, word.size() - 2);
  }
  return words;
}

}  // namespace

AppUnit parse_unit_file(std::string_view text) {
  AppUnit unit;
  for (const std::string& line : whole_lines(text)) {
    const std::string_view bare = trimmed(line);
    const std::size_t sign = bare.find('=');
    if (bare.empty() || bare.front() == '#' || bare.front() == ';') continue;
    if (sign == std::string_view::npos) continue;
    const std::string_view key = trimmed(bare.substr(0, sign));
    std::string_view value = trimmed(bare.substr(sign + 1));
    if (key == "WorkingDirectory") {
      if (value.starts_with('-')) value.remove_prefix(1);
      unit.working_directory = value;
    } else if (key == "ExecStart") {
      value.remove_prefix(std::min(value.find_first_not_of("@-:+!"), value.size()));
      unit.command = words_of(value);
    }
  }
  return unit;
}

Gunicorn parse_gunicorn(const std::vector<std::string>& command) {
  Gunicorn gunicorn;
  const auto program = std::ranges::find_if(command, [](const std::string& word) {
    return word == "gunicorn" || word.ends_with("/gunicorn");
  });
  if (program == command.end()) return gunicorn;
  gunicorn.program = *program;
  for (auto word = program + 1; word != command.end(); ++word) {
    const auto value = [&](std::string_view shorter, std::string_view longer) -> std::string {
      const bool next = *word == shorter || *word == longer;
      if (next && word + 1 != command.end()) return *++word;
      if (word->starts_with(std::string{longer} + "=")) return word->substr(longer.size() + 1);
      const bool joined = !shorter.empty() && word->size() > 2 && word->starts_with(shorter) &&
                          !word->starts_with("--");
      return joined ? word->substr(2) : std::string{};
    };
    if (const std::string bind = value("-b", "--bind"); !bind.empty()) {
      // The first of several is as good as any.
      if (gunicorn.bind.empty()) gunicorn.bind = bind;
    } else if (const std::string directory = value("", "--chdir"); !directory.empty()) {
      gunicorn.directory = directory;
    } else if (!word->starts_with('-') && word->find(".wsgi") != std::string::npos) {
      gunicorn.application = word->substr(0, word->find(':'));
    }
  }
  return gunicorn;
}

}  // namespace lectio
