// The metrics of one run: what each check said, how long it took, and when the tool ran.
#pragma once

#include <optional>
#include <span>

#include "base/clock.hpp"
#include "check/finding.hpp"
#include "report/prometheus.hpp"
#include "report/report.hpp"

namespace lectio {

// Of a run that leaves its stamp: a whole one.
struct RunTimes {
  WallTime ended;
  std::optional<WallTime> last_ok;
  Milliseconds period{0};  // of the cron line
};

// Of `report` what the run as a whole is: tool, version, status, time.
void add_run(Metrics& metrics, const Report& report, const std::optional<RunTimes>& times);

// `known`: the tool's whole table. What has an id of its own for each thing that happened counts
// with the check before its colon: as many series as there are checks, not more.
void add_checks(Metrics& metrics, std::span<const Verdict> verdicts,
                std::span<const CheckInfo> known);

// Those of a check's observations that are numbers with a unit.
void add_facts(Metrics& metrics, const Verdict& verdict);

}  // namespace lectio
