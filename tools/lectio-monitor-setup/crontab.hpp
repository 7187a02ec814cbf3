// Where the schedule lies on this machine.
#pragma once

#include <set>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "lectio-monitor-setup/schedule.hpp"
#include "site/config.hpp"

namespace lectio {

// Absolute, without "." and "..".
std::string whole_path(const std::string& path);

// Of this program's own directory and configuration.
Installation installation(const Config& config);

// root's own; empty when there is none. Errors (ErrorKind::io): no crontab program, or not root.
Result<std::string> read_root_crontab(Clock& clock);
Result<void> write_root_crontab(const std::string& text, Clock& clock);

struct Schedule {
  std::string cron_file;  // its text; empty: there is none
  std::string crontab;    // root's
  std::set<std::string> scheduled;
};

// A dump that `backup` has made.
bool has_backup(const Config& config, WallTime now);

// What of root's crontab is the old suite's: it lies beside our tools or in the project, or is
// gone. Its backup is replaced only by one that is there.
IsOurs old_suite(const Config& config, WallTime now);

Result<Schedule> read_schedule(const Installation& installation, Clock& clock);

}  // namespace lectio
