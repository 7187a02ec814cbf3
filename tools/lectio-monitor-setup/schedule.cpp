#include "lectio-monitor-setup/schedule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "base/ascii.hpp"
#include "base/split.hpp"

namespace lectio {
namespace embedded {
extern const std::string_view crontab_example;
}

namespace {

// The scripts of the old suite and its successors whose work these tools do. guardian.sh repairs
// too, and two who repair fight.
constexpr std::array<std::string_view, 15> old_scripts{
    "health_check.sh",   "smoke_check.sh",         "smoke_check_v2.sh",
    "deep_check.sh",     "heartbeat.sh",           "cleanup_processes.sh",
    "backup_db.sh",      "deploy_safe.sh",         "unified_monitor.sh",
    "ultimate_check.sh", "comprehensive_check.sh", "integration_check.sh",
    "latency_check.sh",  "lectio_healthcheck.sh",  "guardian.sh"};

constexpr std::string_view word_ends = " \t\r\n;&|()<>\"'";

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1);
    lines.push_back(text.substr(0, end + 1));
    text.remove_prefix(end + 1);
  }
  return lines;
}

bool is_job(std::string_view line) {
  const std::size_t begin = line.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return false;
  const char first = line[begin];
  return first == '*' || first == '@' || std::isdigit(static_cast<unsigned char>(first)) != 0;
}

// Behind the five fields of a job, or the one of "@daily".
std::size_t command_begin(std::string_view line) {
  std::size_t at = line.find_first_not_of(" \t");
  const int fields = line[at] == '@' ? 1 : 5;
  for (int field = 0; field < fields && at != std::string_view::npos; ++field) {
    at = line.find_first_of(" \t", line.find_first_not_of(" \t", at));
  }
  return std::min(line.find_first_not_of(" \t", at), line.size());
}

std::string_view base_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

// Of the words of a job the one that starts a tool in `bin_dir`; empty: none does.
std::string tool_of(std::string_view line, std::string_view bin_dir) {
  if (!is_job(line) || line.find("--only") != std::string_view::npos) return {};
  const std::string prefix = fmt::format("{}/", bin_dir);
  for (const std::string& word : split(line, word_ends)) {
    if (word.starts_with(prefix) && word.find('.', prefix.size()) == std::string::npos) {
      return word.substr(prefix.size());
    }
  }
  return {};
}

bool names_old_script(std::string_view line) {
  if (!is_job(line)) return false;
  return std::ranges::any_of(split(line, word_ends), [](const std::string& word) {
    return std::ranges::find(old_scripts, base_name(word)) != old_scripts.end();
  });
}

// What stands before a command and is none.
bool is_prefix(std::string_view word) {
  constexpr std::array<std::string_view, 5> shells{"sh", "bash", "nice", "ionice", "sudo"};
  const std::size_t sign = word.find('=');
  const bool is_variable = sign != std::string_view::npos && is_name(word.substr(0, sign));
  return is_variable || std::ranges::find(shells, base_name(word)) != shells.end();
}

// The path of the old script that this job starts and nothing else; empty: it does more, or other.
std::string old_script_of(std::string_view line) {
  if (!names_old_script(line)) return {};
  std::string_view command = line.substr(command_begin(line));
  // A redirection is no second command, whatever else of the shell is may be one.
  std::string bare{command};
  if (const std::size_t both = bare.find("2>&1"); both != std::string::npos) bare.erase(both, 4);
  if (bare.find_first_of(";&|`$(") != std::string::npos) return {};
  for (const std::string& word : split(command, word_ends)) {
    if (is_prefix(word)) continue;
    const bool is_old = word.starts_with('/') &&
                        std::ranges::find(old_scripts, base_name(word)) != old_scripts.end();
    return is_old ? word : std::string{};
  }
  return {};
}

// "*/5 *  * * *  COMMAND" with "root" before the command, and where the tools lie.
std::string as_root(std::string_view line, const Installation& installation) {
  const std::size_t at = command_begin(line);
  std::string job = fmt::format("{}root  {}", line.substr(0, at), line.substr(at));
  if (const std::size_t path = job.find(default_bin_dir); path != std::string::npos) {
    job.replace(path, default_bin_dir.size(), installation.bin_dir);
  }
  return job;
}

std::string header(const Installation& installation) {
  std::string text =
      "# Lectio Monitor's schedule, by lectio-monitor-setup, which adds what is missing and "
      "changes\n"
      "# nothing else: times may be yours. What the lines are for: crontab.example.\n";
  for (const std::string_view line : lines_of(embedded::crontab_example)) {
    if (line.starts_with("PATH=")) text += line;
  }
  if (installation.config_path != default_config_path) {
    text += fmt::format("LECTIO_MONITOR_CONFIG={}\n", installation.config_path);
  }
  return text + "\n";
}

}  // namespace

std::set<std::string> scheduled_tools(std::string_view crontab, std::string_view bin_dir) {
  std::set<std::string> tools;
  for (const std::string_view line : lines_of(crontab)) {
    if (std::string tool = tool_of(line, bin_dir); !tool.empty()) tools.insert(std::move(tool));
  }
  return tools;
}

std::set<std::string> tools_to_schedule() {
  return scheduled_tools(embedded::crontab_example, default_bin_dir);
}

CrontabEdit without_old_lines(std::string_view crontab, const IsOurs& is_ours) {
  CrontabEdit edit;
  for (const std::string_view line : lines_of(crontab)) {
    const std::string script = old_script_of(line);
    const bool goes = !script.empty() && is_ours(script);
    const std::string bare{line.substr(0, line.find_last_not_of("\r\n") + 1)};
    if (goes) {
      edit.removed.push_back(bare);
    } else {
      edit.text += line;
      if (names_old_script(line)) edit.left.push_back(bare);
    }
  }
  return edit;
}

std::string with_missing_tools(std::string text, const std::set<std::string>& scheduled,
                               const Installation& installation) {
  if (text.empty()) text = header(installation);
  if (text.back() != '\n') text += '\n';
  for (const std::string_view line : lines_of(embedded::crontab_example)) {
    const std::string tool = tool_of(line, default_bin_dir);
    if (!tool.empty() && !scheduled.contains(tool)) text += as_root(line, installation);
  }
  return text;
}

}  // namespace lectio
