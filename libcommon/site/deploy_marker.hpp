// RUN_DIR/deploy_in_progress: somebody is changing the site on purpose.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace lectio {

struct DeployMarker {
  pid_t pid = 0;  // 0: the bare file of a script that only touches it
  std::string who;
  std::string what;
  WallTime since;
};

// The deploy that goes on now, if any. Ours is JSON, {"pid", "boot_id" (of the kernel),
// "start_time" (field 22 of /proc/PID/stat), "who", "what", "since" (Unix seconds)}, and
// counts as long as that very process lives. Any other content is a bare file and counts
// for `grace` since it was written; a time in the future buys nothing.
// Errors (ErrorKind::io): not a plain file, or its owner is neither root nor us.
Result<std::optional<DeployMarker>> active_deploy(const std::string& run_dir, Milliseconds grace,
                                                  Clock& clock);

}  // namespace lectio
