// What an incident comes from: its title, a deeper cause, another one, two that are one.
#include <algorithm>
#include <tuple>
#include <utility>

#include "alert/incidents.hpp"

namespace lectio {

// Once the cause is well again it stays the cause: the title goes to what remains.
void Incidents::take_root(Incident& incident, Problem& root) {
  join(root, incident);
  incident.root = root.id;
  const Problem* cause = book_.find(incident.cause_id);
  if (cause != nullptr && !(is_bad(*cause) && root_of(*cause) == root.id)) return;
  name_cause(incident, root);
}

void Incidents::deepen() {
  for (std::size_t i = 0; i < book_.incidents.size(); ++i) {
    if (!book_.incidents[i].ended) deepen(book_.incidents[i]);
  }
  std::erase_if(book_.incidents, [](const Incident& incident) { return incident.checks.empty(); });
}

void Incidents::deepen(Incident& incident) {
  choose_root(incident);
  const Problem* title = book_.find(incident.root);
  if (title == nullptr || !is_bad(*title)) return;
  Problem* root = book_.find(root_of(*title));
  if (root == nullptr || root->id == incident.root || suppression_.of(root->id)) return;
  if (root->incident == incident.id || (!is_open(root->incident) && is_confirmed(*root))) {
    take_root(incident, *root);
  } else if (is_open(root->incident)) {
    Incident& other = *book_.incident(root->incident);
    if (other.id < incident.id) {
      merge(other, incident);
    } else {
      const std::string deeper = other.root;
      merge(incident, other);
      take_root(incident, *book_.find(deeper));
    }
  }
}

// What stands in a live text is not heard yet.
void Incidents::tell_news() {
  for (Incident& incident : book_.incidents) {
    if (incident.ended) continue;
    const auto wanted = wanted_.find(incident.id);
    if (wanted != wanted_.end() && wanted->second != EventKind::changed) continue;
    const std::vector<Problem*> all = members(incident.id);
    const auto news = std::ranges::find_if(
        all, [&](const Problem* member) { return is_news(incident, *member); });
    if (news == all.end()) continue;
    const Problem& cause = **news;
    const bool is_known = cause.sounded != Status::ok;
    if (is_known && incident.flapping) continue;
    incident.root = cause.id;
    if (is_known && now_.tick - cause.sounded_at <= settings_.again) {
      flap(incident);
      continue;
    }
    incident.changed = now_.tick;
    name_cause(incident, cause);
    want(incident, EventKind::new_cause);
  }
}

// A cause that began since the one that was told was last seen, or beside it, and for which nothing
// that was heard, itself included, accounts.
bool Incidents::is_news(const Incident& incident, const Problem& cause) {
  if (!followed_.seen_bad.contains(cause.id) || root_of(cause) != cause.id ||
      !is_confirmed(cause) || !is_loud(cause, settings_) || suppression_.of(cause.id)) {
    return false;
  }
  const bool over = is_over(incident.cause_id);
  const Problem* known = book_.find(incident.cause_id);
  if (over && known != nullptr && cause.since <= known->seen) return false;
  return std::ranges::none_of(members(incident.id), [&](const Problem* member) {
    const auto& causes = member->explained_by;
    const bool of_known = std::ranges::find(causes, incident.cause_id) != causes.end();
    return !is_over(member->id) && is_heard(*member) && root_of(*member) == cause.id &&
           cause.since - member->since <= 3 * cause.period && !(over && of_known);
  });
}

// In its present stretch.
bool Incidents::is_heard(const Problem& problem) {
  return problem.sounded != Status::ok && problem.sounded_at >= problem.since;
}

// When the title is well again, the worst of what remains is; at once if it has another cause.
void Incidents::choose_root(Incident& incident) {
  if (!is_over(incident.root)) return;
  const Problem* title = book_.find(incident.root);
  const bool ended = title == nullptr || !is_bad(*title);
  const Problem* next = nullptr;
  const auto order = [](const Problem& problem) {
    return std::tuple{problem.status != Status::critical, problem.severity, problem.since};
  };
  for (const Problem* member : members(incident.id)) {
    if (!is_bad(*member)) continue;
    if (!ended && (member->good_runs > 0 || root_of(*member) == title->id)) continue;
    if (next == nullptr || order(*member) < order(*next)) next = member;
  }
  if (next != nullptr) incident.root = next->id;
}

// Well when it was last looked at.
bool Incidents::is_over(const std::string& id) const {
  const Problem* problem = book_.find(id);
  return problem == nullptr || !is_bad(*problem) || problem->good_runs > 0;
}

void Incidents::name_cause(Incident& incident, const Problem& cause) {
  incident.cause = cause.texts.title;
  incident.cause_id = cause.id;
}

void Incidents::merge(Incident& into, Incident& from) {
  for (Problem* member : members(from.id)) join(*member, into);
  into.opened = std::min(into.opened, from.opened);
  const auto said = wanted_.extract(from.id);
  if (!said.empty() && said.mapped() == EventKind::opened) {
    --book_.incidents_since_proof;  // it was only just decided: nobody has heard of it
  } else {
    into.loud = into.loud || from.loud;
    if (from.status == Status::critical) into.status = Status::critical;
    into.sounded = std::max(into.sounded, from.sounded);
    Event event;
    event.kind = EventKind::merged;
    event.tier = tier_of(from.status, from.loud);
    event.view = view(from);
    event.into = into.id;
    merged_.push_back(std::move(event));
  }
  from.checks.clear();
  from.ended = now_.tick;
}

}  // namespace lectio
