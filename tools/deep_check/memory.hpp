// deep_check.json beside the book: what one hourly run leaves to the next.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "alert/book_keeping.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "deep_check/machine.hpp"
#include "deep_check/nginx_log.hpp"
#include "tool/run_tool.hpp"

namespace lectio {

struct WorkerMark {
  pid_t pid = 0;
  Milliseconds started{0};  // since the boot
  Milliseconds cpu{0};
};

// Of one boot.
struct MachineMemory {
  std::string boot_id;
  Milliseconds at{0};  // since the boot
  std::optional<std::uint64_t> oom_kills;
  std::optional<Restarts> restarts;
  std::vector<WorkerMark> workers;
};

struct DeepMemory {
  AccessMemory access;
  ErrorMemory errors;
  MachineMemory machine;
};

// Empty when there is none. One that does not parse is named in `notes`, and set aside by a run
// that may write.
Result<DeepMemory> load_memory(const BookPlaces& places, DryRun dry_run,
                               std::vector<std::string>& notes);
// On disk when it returns; in the other place while the first takes nothing.
Result<void> save_memory(const BookPlaces& places, const DeepMemory& memory);

}  // namespace lectio
