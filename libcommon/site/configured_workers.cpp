#include "site/configured_workers.hpp"

#include <algorithm>
#include <charconv>

#include "base/ascii.hpp"
#include "base/split.hpp"

namespace lectio {
namespace {

std::optional<int> parse_count(std::string_view text) {
  int count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole && count > 0 ? std::optional{count} : std::nullopt;
}

// The values of an option, in the order in which they stand: -wN, -w N, --workers=N, --workers N.
std::vector<std::string> values_of(const std::vector<std::string>& arguments,
                                   std::string_view letter, std::string_view word) {
  std::vector<std::string> values;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (argument == letter || argument == word) {
      if (i + 1 < arguments.size()) values.push_back(arguments[i + 1]);
    } else if (argument.starts_with(word) && argument[word.size()] == '=') {
      values.emplace_back(argument.substr(word.size() + 1));
    } else if (argument.starts_with(letter)) {
      values.emplace_back(argument.substr(letter.size()));
    }
  }
  return values;
}

std::string_view without_blanks(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(" \t\r"), text.size());
  return text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

std::string variable_of(const UnitSettings& settings, std::string_view name) {
  for (const std::string& entry : settings.environment) {
    if (entry.starts_with(name) && entry.size() > name.size() && entry[name.size()] == '=') {
      return entry.substr(name.size() + 1);
    }
  }
  return {};
}

}  // namespace

std::optional<int> workers_of_command_line(const std::vector<std::string>& arguments) {
  std::optional<int> workers;
  for (const std::string& value : values_of(arguments, "-w", "--workers")) {
    if (const auto count = parse_count(value)) workers = count;
  }
  return workers;
}

std::optional<int> workers_of_config_file(std::string_view text) {
  std::optional<int> workers;
  for (const std::string& line : split(text, "\n")) {
    const std::string_view code = std::string_view{line}.substr(0, line.find('#'));
    const std::size_t sign = code.find('=');
    if (sign == std::string_view::npos || without_blanks(code.substr(0, sign)) != "workers")
      continue;
    workers = parse_count(without_blanks(code.substr(sign + 1)));
    const bool in_a_branch = is_blank(code.front());
    if (in_a_branch || !workers) return std::nullopt;
  }
  return workers;
}

std::optional<int> configured_workers(const std::string& unit, pid_t main_pid,
                                      const std::vector<std::string>& arguments, Systemd& systemd,
                                      const Procfs& procfs) {
  if (const auto count = workers_of_command_line(arguments)) return count;
  const UnitSettings settings = systemd.settings(unit).value_or(UnitSettings{});
  if (const auto count = workers_of_command_line(settings.start_command)) return count;
  // setproctitle writes over the environment that the kernel shows as well.
  const auto variable = [&](std::string_view name) {
    return procfs.variable(main_pid, name).value_or(variable_of(settings, name));
  };
  const std::vector<std::string> more = split(variable("GUNICORN_CMD_ARGS"), " ");
  if (const auto count = workers_of_command_line(more)) return count;
  std::optional<std::string> named;
  for (const auto& words : {more, settings.start_command, arguments}) {
    const auto files = values_of(words, "-c", "--config");
    if (!files.empty()) named = files.back();
  }
  const auto text = procfs.file(main_pid, named.value_or("gunicorn.conf.py"));
  if (named && !text) return std::nullopt;
  if (text && text->find("workers") != std::string::npos) return workers_of_config_file(*text);
  return parse_count(variable("WEB_CONCURRENCY"));
}

}  // namespace lectio
