#include "check/roots.hpp"

#include <map>

namespace lectio {
namespace {

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
  explicit RootFinder(std::span<const RootNode> nodes) : nodes_(nodes), places_(nodes.size()) {
    for (std::size_t i = 0; i < nodes.size(); ++i) index_.emplace(nodes[i].id, i);
  }

  std::vector<std::size_t> run() {
    std::vector<std::size_t> roots;
    roots.reserve(nodes_.size());
    for (std::size_t i = 0; i < nodes_.size(); ++i) visit(i);
    for (const Place& place : places_) roots.push_back(place.root);
    return roots;
  }

 private:
  enum class Mark { unseen, open, done };
  struct Place {
    Mark mark = Mark::unseen;
    std::size_t next_edge = 0;
    std::size_t root = no_root;
    std::size_t depth = 0;  // edges to the root
  };

  void visit(std::size_t start) {
    if (!open(start)) return;
    std::vector<std::size_t> path{start};
    while (!path.empty()) {
      const std::size_t at = path.back();
      Place& place = places_[at];
      if (place.next_edge == nodes_[at].explained_by->size()) {
        place.mark = Mark::done;
        path.pop_back();
        if (!path.empty()) take(path.back(), at);
        continue;
      }
      const auto found = index_.find((*nodes_[at].explained_by)[place.next_edge++]);
      if (found == index_.end()) continue;
      const std::size_t cause = found->second;
      if (!may_explain(nodes_[cause].status, nodes_[at].status)) continue;
      if (open(cause)) {
        path.push_back(cause);
      } else if (places_[cause].mark == Mark::done) {
        take(at, cause);
      }
    }
  }

  bool open(std::size_t i) {
    const Status status = nodes_[i].status;
    if (status == Status::ok || places_[i].mark != Mark::unseen) return false;
    places_[i].mark = Mark::open;
    // What did not run is nobody's root.
    places_[i].root = status == Status::skipped ? no_root : i;
    return true;
  }

  void take(std::size_t at, std::size_t cause) {
    const Place& deeper = places_[cause];
    if (deeper.root == no_root || deeper.depth + 1 <= places_[at].depth) return;
    places_[at].root = deeper.root;
    places_[at].depth = deeper.depth + 1;
  }

  std::span<const RootNode> nodes_;
  std::vector<Place> places_;
  std::map<std::string_view, std::size_t> index_;
};

}  // namespace

std::vector<std::size_t> find_roots(std::span<const RootNode> nodes) {
  return RootFinder{nodes}.run();
}

}  // namespace lectio
