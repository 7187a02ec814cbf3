// What a run has to tell: how many checks are how, and each root with its consequences.
#pragma once

#include <vector>

#include "report/report.hpp"

namespace lectio {

struct Tally {
  int total = 0;
  int ok = 0;
  int failed = 0;  // warning or critical
  int unknown = 0;
  int skipped = 0;
};

Tally tally(const Report& report);

// Its time says something: it was neither skipped nor given up before it began.
bool was_run(const Verdict& verdict);

// Points into the report.
struct ProblemGroup {
  const ReportEntry* root;
  std::vector<const ReportEntry*> consequences;  // in the report's order
};

// Critical ones first, then warnings, then unknown ones; else in the report's order. What was
// skipped is nobody's problem: it is a consequence, or does not apply.
std::vector<ProblemGroup> problems(const Report& report);

}  // namespace lectio
