// Errors that the site's own code has handed over since the last run, as verdicts.
#pragma once

#include <vector>

#include "tool/run_tool.hpp"

namespace lectio {

// site_errors: whether they can be had.
CheckInfo site_errors_check();

// Of `site_errors`, and an event "site_errors:SIGNATURE" for each kind of error that waits. They
// leave the spool once the run has kept them (Run::remember); a run that tells nobody only looks.
std::vector<Verdict> look_at_site_errors(Run& run);

}  // namespace lectio
