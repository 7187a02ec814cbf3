#include "alert/causes.hpp"

#include <algorithm>
#include <map>
#include <string_view>

namespace lectio {
namespace {

// Problems by number: first the bad ones, then those that only link two of them.
class Explanations {
 public:
  explicit Explanations(const IncidentView& view) {
    for (const auto* problems : {&view.bad, &view.behind, &view.ended}) {
      for (const Problem& problem : *problems) {
        number_.try_emplace(problem.id, problems_.size());
        problems_.push_back(&problem);
      }
    }
  }

  // Numbers of what explains this one, directly or through others.
  std::vector<bool> of(std::size_t start) const {
    std::vector<bool> reached(problems_.size(), false);
    std::vector<std::size_t> open{start};
    while (!open.empty()) {
      const Problem& problem = *problems_[open.back()];
      open.pop_back();
      for (const std::string& id : problem.explained_by) {
        const auto found = number_.find(id);
        if (found == number_.end() || reached[found->second]) continue;
        reached[found->second] = true;
        open.push_back(found->second);
      }
    }
    return reached;
  }

 private:
  std::vector<const Problem*> problems_;
  std::map<std::string_view, std::size_t> number_;
};

}  // namespace

Causes causes_of(const IncidentView& view) {
  const Explanations explanations{view};
  std::vector<std::vector<bool>> explained_by;
  explained_by.reserve(view.bad.size());
  for (std::size_t i = 0; i < view.bad.size(); ++i) explained_by.push_back(explanations.of(i));

  const auto is_consequence = [&](std::size_t i) {
    if (view.bad[i].id == view.incident.root) return false;
    for (std::size_t other = 0; other < view.bad.size(); ++other) {
      if (other == i || !explained_by[i][other]) continue;
      const bool mutual = explained_by[other][i];
      if (!mutual || other < i || view.bad[other].id == view.incident.root) return true;
    }
    return false;
  };
  Causes causes;
  for (std::size_t i = 0; i < view.bad.size(); ++i) {
    (is_consequence(i) ? causes.consequences : causes.causes).push_back(&view.bad[i]);
  }
  return causes;
}

}  // namespace lectio
