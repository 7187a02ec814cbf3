// Incidents: opened, joined, merged, raised, reminded of, closed.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "alert/policy.hpp"
#include "alert/problems.hpp"
#include "alert/suppression.hpp"

namespace lectio {

Tier tier_of(Status status, bool loud);

// One decision about the incidents of a book whose problems have been followed.
class Incidents {
 public:
  Incidents(Book& book, const Followed& followed, const Suppression& suppression, const Now& now,
            const PolicySettings& settings);

  // At most one event an incident, by incident; not numbered.
  std::vector<Event> settle();
  std::vector<PastIncident> past();

 private:
  using Id = std::uint64_t;

  void find_roots();
  void open_or_join();
  void tell(Problem& problem);
  bool may_tell(const Problem& problem);
  Incident* former_of(const Problem& problem);
  Incident* begun_beside(const Problem& problem);
  Incident& open(Problem& problem, Problem& root);
  void join(Problem& problem, Incident& incident);
  void flap(Incident& incident) const;
  void reopen(Problem& problem, Incident& incident);
  void deepen();
  void deepen(Incident& incident);
  void take_root(Incident& incident, Problem& root);
  void merge(Incident& into, Incident& from);
  void choose_root(Incident& incident);
  void raise();
  void tell_news();
  void follow_flapping();
  void note_silence(const Incident& incident);
  void close();
  bool holds_open(const Problem& member, const Incident& incident) const;
  void end(Incident& incident);
  void doubt_repairs();
  void remind();
  void edit();
  std::vector<Event> speak();
  Event speak_of(Incident& incident, EventKind kind);
  bool sounded_lately(const Incident& incident) const;

  bool is_open(Id id) const;
  bool is_active(const Incident& incident);
  bool is_just_opened(Id id) const;
  bool is_over(const std::string& id) const;
  bool is_news(const Incident& incident, const Problem& cause);
  static bool is_heard(const Problem& problem);
  static void name_cause(Incident& incident, const Problem& cause);
  std::vector<Problem*> members(Id id);
  std::string signature(Id id);
  IncidentView view(const Incident& incident);
  const std::string& root_of(const Problem& problem) const;
  void want(const Incident& incident, EventKind kind);

  Book& book_;
  const Followed& followed_;
  const Suppression& suppression_;
  const Now& now_;
  const PolicySettings& settings_;
  std::map<std::string, std::string, std::less<>> roots_;
  std::map<Id, EventKind> wanted_;
  std::vector<Event> merged_;
};

}  // namespace lectio
