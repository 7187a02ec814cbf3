// The ladder: what health_check mends by itself, each rung only for the fault that it mends.
#pragma once

#include <vector>

#include "check/finding.hpp"
#include "tool/run_tool.hpp"

namespace lectio {

// Acts on what the run has found, within the budget of each fault, and looks again. In a dry run
// only notes what it would do, or why nothing. Nothing while a deploy goes on, in the first minutes
// after a boot, with RECOVERY=off or ALERTS=off, or for who is not root.
Mended repair(Run& run, const std::vector<Verdict>& found);

}  // namespace lectio
