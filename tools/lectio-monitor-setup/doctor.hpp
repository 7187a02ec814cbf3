// Whether all that the suite lives on is in its place: what `--check` looks at.
#pragma once

#include <vector>

#include "base/result.hpp"
#include "check/finding.hpp"
#include "site/config.hpp"
#include "tool/run_tool.hpp"

namespace lectio {

Result<std::vector<CheckInfo>> doctor_checks(const Config& config);

// Looks only: nobody gets a message, nothing is written.
Result<std::vector<Verdict>> examine(Run& run);

}  // namespace lectio
