#include "lectio-monitor-setup/schedule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "base/split.hpp"

namespace lectio {
namespace embedded {
extern const std::string_view crontab_example;
}

namespace {

constexpr std::string_view example_directory = "/opt/lectio-monitor/";
constexpr std::string_view default_config = "/opt/lectio-monitor/config.env";

// The scripts of the old suite and its successors, by name: what these tools do instead.
constexpr std::array<std::string_view, 14> old_scripts{
    "health_check.sh",    "smoke_check.sh",       "smoke_check_v2.sh",      "deep_check.sh",
    "heartbeat.sh",       "cleanup_processes.sh", "backup_db.sh",           "deploy_safe.sh",
    "unified_monitor.sh", "ultimate_check.sh",    "comprehensive_check.sh", "integration_check.sh",
    "latency_check.sh",   "lectio_healthcheck.sh"};

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

std::string_view base_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

// Of the words of a job the one that starts a tool in `bin_dir`; empty: none does.
std::string tool_of(std::string_view line, std::string_view bin_dir) {
  if (!is_job(line) || line.find("--only") != std::string_view::npos) return {};
  const std::string prefix = fmt::format("{}/", bin_dir);
  for (const std::string& word : split(line, " \t\r\n;&|()\"'")) {
    if (word.starts_with(prefix) && word.find('.', prefix.size()) == std::string::npos) {
      return word.substr(prefix.size());
    }
  }
  return {};
}

bool starts_old_script(std::string_view line) {
  if (!is_job(line)) return false;
  return std::ranges::any_of(split(line, " \t\r\n;&|()\"'"), [](const std::string& word) {
    return std::ranges::find(old_scripts, base_name(word)) != old_scripts.end();
  });
}

// "*/5 *  * * *  COMMAND" with "root" before the command, and where the tools lie.
std::string as_root(std::string_view line, const Installation& installation) {
  std::size_t at = 0;
  constexpr int fields = 5;
  for (int field = 0; field < fields; ++field) {
    at = line.find_first_of(" \t", line.find_first_not_of(" \t", at));
  }
  at = line.find_first_not_of(" \t", at);
  std::string job = fmt::format("{}root  {}", line.substr(0, at), line.substr(at));
  if (const std::size_t path = job.find(example_directory); path != std::string::npos) {
    job.replace(path, example_directory.size(), installation.bin_dir + "/");
  }
  return job;
}

std::string config_line(const Installation& installation) {
  if (installation.config_path == default_config) return {};
  return fmt::format("LECTIO_MONITOR_CONFIG={}\n", installation.config_path);
}

}  // namespace

std::string cron_file_text(const Installation& installation) {
  std::string text =
      "# Lectio Monitor's schedule, by lectio-monitor-setup, which adds what is missing and "
      "changes\n"
      "# nothing else: times may be yours. What the lines are for: crontab.example.\n";
  for (const std::string_view line : lines_of(embedded::crontab_example)) {
    if (line.starts_with("PATH=")) text += fmt::format("{}{}\n", line, config_line(installation));
    if (is_job(line)) text += as_root(line, installation);
  }
  return text;
}

std::set<std::string> scheduled_tools(std::string_view crontab, std::string_view bin_dir) {
  std::set<std::string> tools;
  for (const std::string_view line : lines_of(crontab)) {
    if (std::string tool = tool_of(line, bin_dir); !tool.empty()) tools.insert(std::move(tool));
  }
  return tools;
}

std::set<std::string> tools_to_schedule() {
  return scheduled_tools(embedded::crontab_example,
                         example_directory.substr(0, example_directory.size() - 1));
}

CrontabEdit without_old_lines(std::string_view crontab) {
  CrontabEdit edit;
  for (const std::string_view line : lines_of(crontab)) {
    if (starts_old_script(line)) {
      edit.removed.emplace_back(line.substr(0, line.find_last_not_of("\r\n") + 1));
    } else {
      edit.text += line;
    }
  }
  return edit;
}

std::string with_missing_tools(std::string text, const std::set<std::string>& scheduled,
                               const Installation& installation) {
  if (!text.empty() && text.back() != '\n') text += '\n';
  for (const std::string_view line : lines_of(embedded::crontab_example)) {
    const std::string tool =
        tool_of(line, example_directory.substr(0, example_directory.size() - 1));
    if (!tool.empty() && !scheduled.contains(tool)) text += as_root(line, installation);
  }
  return text;
}

}  // namespace lectio
