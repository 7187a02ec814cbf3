// STATE_DIR/runs/<tool>.json: when each tool last ran, for heartbeat and alerts.
// {"schema":1,"tool","status","started_ms","ended_ms","last_ok_ms"?,"period_ms","boot_id"?,
// "uptime_ms"?}, times in Unix milliseconds.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/severity.hpp"

namespace lectio {

struct RunStamp {
  std::string tool;
  WallTime started;
  WallTime ended;
  Status status = Status::ok;
  std::optional<WallTime> last_ok;  // end of the last run whose status was ok
  Milliseconds period{0};           // how often cron starts it
  std::string boot_id = {};         // of the kernel it ran under; empty: not known
  Milliseconds uptime{0};           // of the machine when it ended
};

// How long ago the run ended: by the machine's uptime within one boot, for the wall clock is set
// now and then; else by that. Never negative.
Milliseconds age_of(const RunStamp& stamp, std::string_view boot_id, Clock& clock);
// No run has ended for three periods, counted from the boot of the machine if that is later.
// A tool without a period never is late.
bool is_late(const RunStamp& stamp, Milliseconds age, Clock& clock);

// Carries last_ok over from the stamp it replaces. Returns what was written.
Result<RunStamp> write_run_stamp(const std::string& state_dir, RunStamp stamp);

// Every stamp there is. One that does not parse is set aside as
// NAME.corrupt-<Unix time of its last change> and named in `notes`.
Result<std::vector<RunStamp>> read_run_stamps(const std::string& state_dir,
                                              std::vector<std::string>& notes);

}  // namespace lectio
