// When cron starts the tools: a file of ours in /etc/cron.d, and root's crontab, in which the old
// suite's lines are.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace lectio {

inline constexpr std::string_view default_bin_dir = "/opt/lectio-monitor";  // the example's
inline constexpr std::string_view default_config_path = "/opt/lectio-monitor/config.env";

struct Installation {
  std::string bin_dir;      // "/opt/lectio-monitor"
  std::string config_path;  // named in the file when it is not the default
  std::string cron_file;    // "/etc/cron.d/lectio-monitor"
};

// The tools that the lines of a crontab start from `bin_dir`; a run of a few checks (--only)
// is not the tool's own line.
std::set<std::string> scheduled_tools(std::string_view crontab, std::string_view bin_dir);

// Of crontab.example.
std::set<std::string> tools_to_schedule();

struct CrontabEdit {
  std::string text;                  // every other byte as it was
  std::vector<std::string> removed;  // the lines
  std::vector<std::string> left;     // lines that name an old script and are not taken away
};

// Whether a script at this path is one of the old suite's, not somebody else's of that name.
using IsOurs = std::function<bool(const std::string& path)>;

// Without the lines that start a script which this suite replaces, and nothing else.
CrontabEdit without_old_lines(std::string_view crontab, const IsOurs& is_ours);

// A file of /etc/cron.d: `text`, or where that is empty its beginning, and as root the lines of
// crontab.example for the tools that are in neither.
std::string with_missing_tools(std::string text, const std::set<std::string>& scheduled,
                               const Installation& installation);

}  // namespace lectio
