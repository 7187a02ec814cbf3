// LOG_DIR/TOOL.log: what was not well, for whoever looks back.
#pragma once

#include "base/result.hpp"
#include "report/report.hpp"
#include "site/config.hpp"

namespace lectio {

// After a run that looked at so many `checks`. `is_whole`: at all that it ever looks at.
Result<void> log_run(const Config& config, const Report& report, int checks, bool is_whole);

}  // namespace lectio
