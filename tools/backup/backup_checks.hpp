// What a night's backup does, each part as a check: backup, backup_restore, backup_retention.
#pragma once

#include <vector>

#include "tool/run_tool.hpp"

namespace lectio {

std::vector<CheckInfo> backup_checks();

// A dry run looks at the site and at what is kept, and writes nothing.
std::vector<Verdict> run_backup_checks(Run& run);

}  // namespace lectio
