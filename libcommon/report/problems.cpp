#include "report/problems.hpp"

#include <algorithm>
#include <map>
#include <string_view>

namespace lectio {
namespace {

bool is_root(const Verdict& verdict) {
  return verdict.status != Status::ok && verdict.status != Status::skipped &&
         (verdict.root.empty() || verdict.root == verdict.id);
}

int urgency(const ProblemGroup& problem) {
  switch (problem.root->verdict.status) {
    case Status::critical:
      return 0;
    case Status::warning:
      return 1;
    default:
      return 2;
  }
}

}  // namespace

Tally tally(const Report& report) {
  Tally counts;
  for (const ReportEntry& entry : report.entries) {
    ++counts.total;
    switch (entry.verdict.status) {
      case Status::ok:
        ++counts.ok;
        break;
      case Status::warning:
      case Status::critical:
        ++counts.failed;
        break;
      case Status::unknown:
        ++counts.unknown;
        break;
      case Status::skipped:
        ++counts.skipped;
        break;
    }
  }
  return counts;
}

bool was_run(const Verdict& verdict) {
  const bool never_began = verdict.status == Status::unknown && verdict.took.count() == 0;
  return verdict.status != Status::skipped && !never_began;
}

std::vector<ProblemGroup> problems(const Report& report) {
  std::vector<ProblemGroup> found;
  std::map<std::string_view, std::size_t> place;
  for (const ReportEntry& entry : report.entries) {
    if (!is_root(entry.verdict)) continue;
    place.emplace(entry.verdict.id, found.size());
    found.push_back({&entry, {}});
  }
  for (const ReportEntry& entry : report.entries) {
    if (entry.verdict.status == Status::ok || is_root(entry.verdict)) continue;
    if (const auto root = place.find(entry.verdict.root); root != place.end()) {
      found[root->second].consequences.push_back(&entry);
    } else if (entry.verdict.status != Status::skipped) {
      found.push_back({&entry, {}});  // its root is not in this report
    }
  }
  std::ranges::stable_sort(found, {}, urgency);
  return found;
}

}  // namespace lectio
