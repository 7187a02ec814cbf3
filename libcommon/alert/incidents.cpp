#include "alert/incidents.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace lectio {
namespace {

// A consequence that its own tool looks at later than this does not hold an incident open.
constexpr Milliseconds soon{600'000};

// Of several things to say of one incident in one decision the first is said; its live text
// holds the others.
int rank(EventKind kind) {
  constexpr std::array<EventKind, 8> order{
      EventKind::opened, EventKind::closed,  EventKind::new_cause, EventKind::again,
      EventKind::raised, EventKind::settled, EventKind::reminder,  EventKind::changed};
  return static_cast<int>(std::ranges::find(order, kind) - order.begin());
}

Milliseconds due(const std::vector<Milliseconds>& reminders, int passed) {
  const auto count = static_cast<int>(reminders.size());
  if (passed < count) return reminders[static_cast<std::size_t>(passed)];
  return reminders.back() + (passed - count + 1) * reminders.back();
}

}  // namespace

Tier tier_of(Status status, bool loud) {
  if (!loud) return Tier::info;
  return status == Status::critical ? Tier::critical : Tier::warning;
}

Incidents::Incidents(Book& book, const Followed& followed, const Suppression& suppression,
                     const Now& now, const PolicySettings& settings)
    : book_(book), followed_(followed), suppression_(suppression), now_(now), settings_(settings) {}

std::vector<Event> Incidents::settle() {
  doubt_repairs();
  find_roots();
  open_or_join();
  deepen();
  raise();
  tell_news();
  follow_flapping();
  close();
  remind();
  edit();
  return speak();
}

// What is still bad after one was not mended by it.
void Incidents::doubt_repairs() {
  for (const std::string& id : followed_.seen_bad) {
    const Problem* const problem = book_.find(id);
    Incident* const incident = problem == nullptr ? nullptr : book_.incident(problem->incident);
    if (incident != nullptr) incident->repair.clear();
  }
}

void Incidents::find_roots() {
  const std::vector<std::string> roots = roots_of(book_, now_);
  for (std::size_t i = 0; i < roots.size(); ++i) roots_.emplace(book_.problems[i].id, roots[i]);
}

void Incidents::open_or_join() {
  for (std::size_t i = 0; i < book_.problems.size(); ++i) {
    Problem& problem = book_.problems[i];
    if (followed_.seen_bad.contains(problem.id) && !is_open(problem.incident) &&
        may_tell(problem)) {
      tell(problem);
    }
  }
}

bool Incidents::may_tell(const Problem& problem) {
  const auto hold = [&](std::string reason, std::string detail) {
    hold_back(book_, problem, problem.status, {std::move(reason), std::move(detail)}, now_);
    return false;
  };
  if (!is_told(problem, settings_)) return hold("low", {});
  if (const auto because = suppression_.of(problem.id)) {
    return hold(because->reason, because->detail);
  }
  if (!is_confirmed(problem)) return hold("confirm", fmt::format("{}", problem.bad_runs));
  const bool loud = is_loud(problem, settings_) && problem.sounded == problem.status;
  if (former_of(problem) == nullptr && loud &&
      now_.tick - problem.sounded_at < settings_.cooldown) {
    return hold("cooldown", {});
  }
  return true;
}

void Incidents::tell(Problem& problem) {
  Problem* root = book_.find(root_of(problem));
  if (root == nullptr || suppression_.of(root->id)) root = &problem;
  if (root != &problem && is_open(root->incident)) {
    return join(problem, *book_.incident(root->incident));
  }
  const bool is_believed = is_confirmed(*root);
  if (Incident* former = former_of(*root); former != nullptr && is_believed) {
    reopen(*root, *former);
    return join(problem, *former);
  }
  // A consequence alone does not continue what had another cause.
  const bool has_cause = root != &problem && is_believed && is_loud(*root, settings_);
  if (Incident* former = former_of(problem); former != nullptr && !has_cause) {
    return reopen(problem, *former);
  }
  if (Incident* twin = begun_beside(*root)) return join(problem, *twin);
  open(problem, *root);
}

// The incident that a return of the problem continues: it ended lately.
Incident* Incidents::former_of(const Problem& problem) {
  Incident* former = book_.incident(problem.incident);
  const bool lately =
      former != nullptr && former->ended && now_.tick - *former->ended <= settings_.again;
  return lately ? former : nullptr;
}

// One that this very run has opened for a problem that the same cause would explain: whoever
// looks at the cause has not run yet.
Incident* Incidents::begun_beside(const Problem& problem) {
  for (Problem& other : book_.problems) {
    if (!is_just_opened(other.incident)) continue;
    const bool shared = std::ranges::any_of(problem.explained_by, [&](const std::string& id) {
      return std::ranges::find(other.explained_by, id) != other.explained_by.end();
    });
    if (shared) return book_.incident(other.incident);
  }
  return nullptr;
}

void Incidents::flap(Incident& incident) const {
  incident.flapping = true;
  incident.owed = true;
  incident.changed = now_.tick;
}

Incident& Incidents::open(Problem& problem, Problem& root) {
  Incident incident;
  incident.id = ++book_.last_incident;
  incident.opened = std::min(problem.since, root.since);
  incident.told = now_.tick;
  book_.incidents.push_back(std::move(incident));
  ++book_.incidents_since_proof;
  Incident& opened = book_.incidents.back();
  join(root, opened);
  if (&root != &problem) join(problem, opened);
  take_root(opened, root);
  want(opened, EventKind::opened);
  return opened;
}

void Incidents::join(Problem& problem, Incident& incident) {
  problem.incident = incident.id;
  incident.opened = std::min(incident.opened, problem.since);
  if (incident.deploy.empty()) incident.deploy = problem.deploy;
  if (std::ranges::find(incident.checks, problem.id) == incident.checks.end()) {
    incident.checks.push_back(problem.id);
  }
}

void Incidents::reopen(Problem& problem, Incident& incident) {
  incident.ended.reset();
  flap(incident);
  join(problem, incident);
  incident.root = problem.id;
  want(incident, EventKind::changed);
}

bool Incidents::is_just_opened(Id id) const {
  const auto wanted = wanted_.find(id);
  return wanted != wanted_.end() && wanted->second == EventKind::opened;
}

void Incidents::raise() {
  for (Incident& incident : book_.incidents) {
    if (!is_active(incident)) continue;
    bool louder = false;
    for (const Problem* member : members(incident.id)) {
      if (!is_bad(*member) || suppression_.of(member->id)) continue;
      if (member->status == Status::critical && incident.status != Status::critical) {
        incident.status = Status::critical;
        louder = true;
      }
      if (is_loud(*member, settings_) && !incident.loud) {
        incident.loud = true;
        louder = true;
      }
    }
    if (louder && !incident.flapping) want(incident, EventKind::raised);
  }
}

void Incidents::follow_flapping() {
  for (Incident& incident : book_.incidents) {
    if (!is_active(incident) || !incident.flapping) continue;
    bool bad = false;
    bool unheard = false;
    for (const Problem* member : members(incident.id)) {
      bad = bad || is_bad(*member);
      unheard = unheard || (is_bad(*member) && !is_heard(*member));
      if (followed_.ended.contains(member->id) || followed_.returned.contains(member->id)) {
        incident.changed = now_.tick;
      }
    }
    incident.owed = incident.owed && unheard;
    if (!bad) continue;
    if (now_.tick - incident.changed >= settings_.steady) {
      incident.flapping = false;
      incident.owed = false;
      want(incident, EventKind::settled);
    } else if (incident.owed && !sounded_lately(incident)) {
      incident.owed = false;
      const Problem* title = book_.find(incident.root);
      if (title != nullptr && is_over(incident.cause_id)) name_cause(incident, *title);
      want(incident, EventKind::again);
    }
    note_silence(incident);
  }
}

// Of a flapping one: what is bad again and nobody hears of.
void Incidents::note_silence(const Incident& incident) {
  const auto wanted = wanted_.find(incident.id);
  if (wanted != wanted_.end() && wanted->second != EventKind::changed) return;
  for (const Problem* member : members(incident.id)) {
    const bool is_back = is_bad(*member) && followed_.returned.contains(member->id);
    if (!is_back || suppression_.of(member->id)) continue;
    const std::string reason = incident.owed ? "cooldown" : "flapping";
    hold_back(book_, *member, member->status, {reason, {}}, now_);
  }
}

void Incidents::close() {
  for (Incident& incident : book_.incidents) {
    if (!is_active(incident)) continue;
    const std::vector<Problem*> all = members(incident.id);
    const bool held = std::ranges::any_of(
        all, [&](const Problem* member) { return holds_open(*member, incident); });
    if (held) continue;
    if (incident.flapping && now_.tick - incident.changed < settings_.steady) continue;
    for (Problem* member : all) {
      if (is_bad(*member)) member->incident = 0;  // if it is still bad when looked at, its own
    }
    end(incident);
  }
}

bool Incidents::holds_open(const Problem& member, const Incident& incident) const {
  if (!is_bad(member)) return false;
  const bool is_cause = member.id == incident.cause_id || member.explained_by.empty();
  if (is_cause || followed_.seen_bad.contains(member.id)) return true;
  const bool looked_at_soon = member.looked + member.period - now_.tick <= soon;
  return looked_at_soon && is_fresh(member, now_.tick);
}

void Incidents::end(Incident& incident) {
  incident.ended = now_.tick;
  incident.flapping = false;
  want(incident, EventKind::closed);
}

void Incidents::remind() {
  if (settings_.reminders.empty()) return;
  for (Incident& incident : book_.incidents) {
    if (!is_active(incident) || incident.flapping) continue;
    const Milliseconds age = now_.tick - incident.told;
    if (age < due(settings_.reminders, incident.reminders) || sounded_lately(incident)) continue;
    while (age >= due(settings_.reminders, incident.reminders)) ++incident.reminders;
    want(incident, EventKind::reminder);
  }
}

void Incidents::edit() {
  for (Incident& incident : book_.incidents) {
    if (!is_active(incident)) continue;
    if (incident.shown != signature(incident.id) ||
        now_.tick - incident.edited >= settings_.refresh) {
      want(incident, EventKind::changed);
    }
  }
}

std::vector<Event> Incidents::speak() {
  std::vector<Event> events = std::move(merged_);
  for (const auto& [id, kind] : wanted_) {
    if (Incident* incident = book_.incident(id)) events.push_back(speak_of(*incident, kind));
  }
  return events;
}

Event Incidents::speak_of(Incident& incident, EventKind kind) {
  Event event;
  event.kind = kind;
  event.loud = incident.loud && kind != EventKind::changed;
  event.tier = tier_of(incident.status, incident.loud);
  incident.shown = signature(incident.id);
  incident.edited = now_.tick;
  if (event.loud && kind != EventKind::closed) {
    incident.sounded = now_.tick;
    for (Problem* member : members(incident.id)) {
      if (!is_bad(*member)) continue;
      member->sounded = member->status;
      member->sounded_at = now_.tick;
    }
  }
  event.view = view(incident);
  return event;
}

bool Incidents::sounded_lately(const Incident& incident) const {
  return incident.sounded != Tick{0} && now_.tick - incident.sounded < settings_.cooldown;
}

std::vector<PastIncident> Incidents::past() {
  std::vector<PastIncident> past;
  const Milliseconds kept = std::max(settings_.again, settings_.cooldown);
  const auto wall = [&](Tick tick) { return now_.wall - (now_.tick - tick); };
  for (Incident& incident : book_.incidents) {
    if (!incident.ended || now_.tick - *incident.ended < kept) continue;
    std::erase_if(book_.problems,
                  [&](const Problem& problem) { return problem.incident == incident.id; });
    past.push_back({incident.id, incident.cause, incident.cause_id, wall(incident.opened),
                    wall(*incident.ended), *incident.ended - incident.opened, incident.status,
                    incident.deploy, incident.checks});
    incident.checks.clear();
  }
  std::erase_if(book_.incidents, [](const Incident& incident) { return incident.checks.empty(); });
  return past;
}

bool Incidents::is_open(Id id) const {
  const Incident* incident = book_.incident(id);
  return incident != nullptr && !incident->ended;
}

// Open, and not all of it muted.
bool Incidents::is_active(const Incident& incident) {
  if (incident.ended) return false;
  const std::vector<Problem*> all = members(incident.id);
  return all.empty() || std::ranges::any_of(all, [&](const Problem* member) {
           return !suppression_.of(member->id).has_value();
         });
}

std::vector<Problem*> Incidents::members(Id id) {
  std::vector<Problem*> found;
  for (Problem& problem : book_.problems) {
    if (problem.incident == id && problem.status != Status::skipped) found.push_back(&problem);
  }
  return found;
}

// The live message is due when this changes.
std::string Incidents::signature(Id id) {
  const Incident& incident = *book_.incident(id);
  std::string text = fmt::format("{} {}", incident.root, incident.flapping ? "~" : "");
  for (const Problem& problem : book_.problems) {
    const bool behind = problem.status == Status::skipped && root_of(problem) == incident.root;
    if (problem.incident != id && !behind) continue;
    text += fmt::format(" {}={}", problem.id, is_bad(problem) ? to_string(problem.status) : "ok");
  }
  return text;
}

IncidentView Incidents::view(const Incident& incident) {
  IncidentView seen;
  seen.incident = incident;
  for (const Problem& problem : book_.problems) {
    const bool ours = problem.incident == incident.id;
    if (problem.status == Status::skipped) {
      if (root_of(problem) == incident.root) seen.behind.push_back(problem);
    } else if (ours && is_bad(problem)) {
      seen.bad.insert(problem.id == incident.root ? seen.bad.begin() : seen.bad.end(), problem);
    } else if (ours) {
      seen.ended.push_back(problem);
    }
    if (ours && std::ranges::find(seen.tools, problem.tool) == seen.tools.end()) {
      seen.tools.push_back(problem.tool);
    }
  }
  std::ranges::sort(seen.tools);
  return seen;
}

const std::string& Incidents::root_of(const Problem& problem) const {
  const auto found = roots_.find(problem.id);
  return found == roots_.end() || found->second.empty() ? problem.id : found->second;
}

void Incidents::want(const Incident& incident, EventKind kind) {
  const auto [place, added] = wanted_.emplace(incident.id, kind);
  if (!added && rank(kind) < rank(place->second)) place->second = kind;
}

}  // namespace lectio
