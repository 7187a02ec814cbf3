#include "check/finding.hpp"

#include <algorithm>
#include <map>
#include <string_view>

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

// A probe that could not tell is no cause of what another one saw for itself.
bool may_explain(Status cause, Status consequence) {
  switch (cause) {
    case Status::ok:
      return false;
    case Status::warning:
    case Status::critical:
      return true;
    case Status::unknown:
    case Status::skipped:
      return consequence == Status::unknown || consequence == Status::skipped;
  }
  return false;
}

// Depth-first over `explained_by`, with a stack of its own: a scenario may be a chain
// of a thousand steps. An edge that closes a circle is not followed.
class RootFinder {
 public:
  explicit RootFinder(std::vector<Verdict>& verdicts)
      : verdicts_(verdicts), places_(verdicts.size()) {
    for (std::size_t i = 0; i < verdicts.size(); ++i) index_.emplace(verdicts[i].id, i);
  }

  void run() {
    for (std::size_t i = 0; i < verdicts_.size(); ++i) visit(i);
    for (std::size_t i = 0; i < verdicts_.size(); ++i) {
      const std::size_t root = places_[i].root;
      verdicts_[i].root = root == none || root == i ? std::string{} : verdicts_[root].id;
    }
  }

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  enum class Mark { unseen, open, done };
  struct Place {
    Mark mark = Mark::unseen;
    std::size_t next_edge = 0;
    std::size_t root = none;
    std::size_t depth = 0;  // edges to the root
  };

  void visit(std::size_t start) {
    if (!open(start)) return;
    std::vector<std::size_t> path{start};
    while (!path.empty()) {
      const std::size_t at = path.back();
      Place& place = places_[at];
      if (place.next_edge == verdicts_[at].explained_by.size()) {
        place.mark = Mark::done;
        path.pop_back();
        if (!path.empty()) take(path.back(), at);
        continue;
      }
      const auto found = index_.find(verdicts_[at].explained_by[place.next_edge++]);
      if (found == index_.end()) continue;
      const std::size_t cause = found->second;
      if (!may_explain(verdicts_[cause].status, verdicts_[at].status)) continue;
      if (open(cause)) {
        path.push_back(cause);
      } else if (places_[cause].mark == Mark::done) {
        take(at, cause);
      }
    }
  }

  bool open(std::size_t i) {
    const Status status = verdicts_[i].status;
    if (status == Status::ok || places_[i].mark != Mark::unseen) return false;
    places_[i].mark = Mark::open;
    // What did not run is nobody's root.
    places_[i].root = status == Status::skipped ? none : i;
    return true;
  }

  void take(std::size_t at, std::size_t cause) {
    const Place& deeper = places_[cause];
    if (deeper.root == none || deeper.depth + 1 <= places_[at].depth) return;
    places_[at].root = deeper.root;
    places_[at].depth = deeper.depth + 1;
  }

  std::vector<Verdict>& verdicts_;
  std::vector<Place> places_;
  std::map<std::string_view, std::size_t> index_;
};

}  // namespace

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
  return verdict;
}

void find_roots(std::vector<Verdict>& verdicts) { RootFinder{verdicts}.run(); }

Status overall(const std::vector<Verdict>& verdicts) {
  Status run = Status::ok;
  for (const Verdict& verdict : verdicts) run = worst(run, verdict.status);
  return run;
}

}  // namespace lectio
