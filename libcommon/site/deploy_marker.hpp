// RUN_DIR/deploy_in_progress: somebody is changing the site on purpose.
#pragma once

#include <sys/types.h>

#include <memory>
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

// Our own marker, from its making to its end: it is touched every few seconds meanwhile, for what
// takes long is not stuck. Of a process that is killed it stays, and no longer counts.
class HeldMarker {
 public:
  // Replaces what is there: the lock of deploys is the caller's business.
  static Result<HeldMarker> make(const std::string& run_dir, const std::string& who,
                                 const std::string& what, WallTime now);
  HeldMarker(HeldMarker&&) noexcept;
  HeldMarker& operator=(HeldMarker&&) noexcept;
  ~HeldMarker();

 private:
  class Touch;
  explicit HeldMarker(std::unique_ptr<Touch> touch);

  std::unique_ptr<Touch> touch_;
};

// Removes one of ours whose process is dead; any other stays.
Result<void> remove_dead_marker(const std::string& run_dir);

// The deploy that goes on now, if any, as far as one look can tell: ours counts as long as its
// process lives, a bare file for `grace` since it was touched.
Result<std::optional<DeployMarker>> active_deploy(const std::string& run_dir, Milliseconds grace,
                                                  Clock& clock);

// Time since a file was made or removed in RUN_DIR: a deploy too short to be seen leaves that
// trace. Empty: there is no such directory, or that time lies in the future (the clock was set
// back) and tells nothing.
Result<std::optional<Milliseconds>> run_dir_changed(const std::string& run_dir, Clock& clock);

}  // namespace lectio
