// What gunicorn's workers compute, over the time since the run before.
#pragma once

#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "check/finding.hpp"
#include "deep_check/memory.hpp"
#include "io/procfs.hpp"

namespace lectio {

// Where the run before has not seen a worker, since that has started. One that is younger than a
// minute says nothing yet. `at`: since the boot, as in `before`. Codes: worker_cpu_well,
// worker_cpu_high (warning: one is at `percent` or above; critical: all are), worker_cpu_unknown.
Finding judge_worker_cpu(const Result<std::vector<Process>>& workers, Milliseconds at,
                         const std::vector<WorkerMark>& before, Milliseconds before_at,
                         double percent);

std::vector<WorkerMark> marks_of(const std::vector<Process>& workers);

}  // namespace lectio
