#include "check/finding.hpp"

#include <algorithm>

#include "check/roots.hpp"

namespace lectio {
namespace {

Status status_of(Outcome outcome, Severity severity) {
  switch (outcome) {
    case Outcome::good:
      return Status::ok;
    case Outcome::bad:
      return severity == Severity::critical ? Status::critical : Status::warning;
    case Outcome::warning:
      return Status::warning;
    case Outcome::critical:
      return Status::critical;
    case Outcome::unknown:
      return Status::unknown;
    case Outcome::skipped:
      return Status::skipped;
  }
  return Status::unknown;
}

}  // namespace

bool meets_need(const Finding& finding) {
  return finding.outcome == Outcome::good ||
         (finding.outcome == Outcome::warning && finding.usable);
}

Verdict judge(const CheckInfo& check, Finding finding, Milliseconds took) {
  Verdict verdict;
  verdict.id = check.id;
  verdict.severity = std::max(check.severity, finding.severity.value_or(check.severity));
  verdict.status = status_of(finding.outcome, verdict.severity);
  verdict.code = std::move(finding.code);
  verdict.facts = std::move(finding.facts);
  verdict.took = finding.took.value_or(took);
  verdict.explained_by = check.needs;
  for (const std::string& id : check.explained_by) {
    if (std::ranges::find(check.needs, id) == check.needs.end()) {
      verdict.explained_by.push_back(id);
    }
  }
  verdict.texts = check.texts;
  verdict.confirm_runs = check.confirm_runs;
  verdict.is_event = check.is_event;
  verdict.critical_after = finding.critical_after;
  return verdict;
}

void find_roots(std::vector<Verdict>& verdicts) {
  std::vector<RootNode> nodes;
  nodes.reserve(verdicts.size());
  for (const Verdict& verdict : verdicts) {
    nodes.push_back({verdict.id, verdict.status, &verdict.explained_by});
  }
  const std::vector<std::size_t> roots = find_roots(nodes);
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    verdicts[i].root = roots[i] == no_root || roots[i] == i ? std::string{} : verdicts[roots[i]].id;
  }
}

Status overall(const std::vector<Verdict>& verdicts) {
  Status run = Status::ok;
  for (const Verdict& verdict : verdicts) run = worst(run, verdict.status);
  return run;
}

}  // namespace lectio
