// The hourly checks: what changes slowly, and what takes longer than a minute's run may.
#pragma once

#include <vector>

#include "check/check.hpp"
#include "tool/run_tool.hpp"

namespace lectio {

std::vector<CheckInfo> deep_checks(const Config& config);

// A verdict for each selected id. What waits for the network or reads logs does so at once.
std::vector<Verdict> run_deep_checks(Run& run);

}  // namespace lectio
