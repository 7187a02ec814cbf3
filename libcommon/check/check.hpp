// Checks of a tool's own table, and which of them a run was asked for.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "check/finding.hpp"

namespace lectio {

using Findings = std::map<std::string, Finding, std::less<>>;

struct Check {
  CheckInfo info;
  // Sees what the checks before it in the table found.
  std::function<Finding(const Findings& before)> probe;
};

using Selection = std::set<std::string, std::less<>>;

// The ids to run: all, or `only` with whatever those need, without `skip`.
// An unknown id is an error (ErrorKind::config) that names the nearest known one.
Result<Selection> select(const std::vector<CheckInfo>& checks, const std::vector<std::string>& only,
                         const std::vector<std::string>& skip);

// Runs the selected checks in the table's order. A check whose needs were not met
// is skipped; one that throws, or that the deadline did not reach, is unknown: the
// others still run.
std::vector<Verdict> run_checks(const std::vector<Check>& table, const Selection& selected,
                                Clock& clock, const Deadline& deadline);

}  // namespace lectio
