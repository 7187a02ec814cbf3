// RUN_DIR/deploy_in_progress: somebody is changing the site on purpose.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace lectio {

// Ours is JSON, {"pid", "boot_id" (of the kernel), "start_time" (field 22 of /proc/PID/stat),
// "who", "what", "since" (Unix seconds)}; any other content is a bare file.
struct DeployMarker {
  std::string identity;       // changes when it is touched, written or made anew
  WallTime touched;           // a time in the future buys nothing
  std::optional<bool> alive;  // ours: whether that very process lives; empty: a bare file
  pid_t pid = 0;              // 0: a bare file
  std::string who;
  std::string what;
  WallTime since;
};

// Errors (ErrorKind::io): not a plain file, or its owner is neither root nor us.
Result<std::optional<DeployMarker>> read_deploy_marker(const std::string& run_dir);

// The deploy that goes on now, if any, as far as one look can tell: ours counts as long as its
// process lives, a bare file for `grace` since it was touched.
Result<std::optional<DeployMarker>> active_deploy(const std::string& run_dir, Milliseconds grace,
                                                  Clock& clock);

// Time since a file was made or removed in RUN_DIR: a deploy too short to be seen leaves that
// trace. Empty: there is no such directory, or that time lies in the future (the clock was set
// back) and tells nothing.
Result<std::optional<Milliseconds>> run_dir_changed(const std::string& run_dir, Clock& clock);

}  // namespace lectio
