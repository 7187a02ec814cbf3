// What an hour's cleanup does, each part as a check: leftover_processes, old_logs.
#pragma once

#include <vector>

#include "tool/run_tool.hpp"

namespace lectio {

// An error names the key whose patterns are too wide.
Result<std::vector<CheckInfo>> cleanup_checks(const Config& config);

// `act`: end and remove; else what would be.
enum class Cleanup { look, act };
std::vector<Verdict> run_cleanup_checks(Run& run, Cleanup cleanup);

}  // namespace lectio
