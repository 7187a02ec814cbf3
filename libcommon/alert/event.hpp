// What the policy wants said, as data: message.hpp puts it into words.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "alert/book.hpp"
#include "alert/notice.hpp"
#include "base/clock.hpp"
#include "base/severity.hpp"

namespace lectio {

// Now on the book's clock and on the wall: the wall time of an earlier tick is
// wall - (tick - earlier).
struct Now {
  Tick tick{0};
  WallTime wall{};
};

// An incident as it stands after the decision. The problem whose id is `incident.root` is
// the title; once all is well again it may be gone from `bad`.
struct IncidentView {
  Incident incident;
  std::vector<Problem> bad;        // still not well and of this incident; the root first
  std::vector<Problem> behind;     // did not run because of it (status skipped)
  std::vector<Problem> ended;      // were told with it and are well again
  std::vector<std::string> tools;  // that saw it, each once
};

enum class EventKind {
  // Of an incident.
  opened,
  changed,  // consequence joined or eased, deeper cause, time went on: the live text only
  raised,   // from warning to critical
  reminder,
  again,      // returned soon after its end
  new_cause,  // of an open one: nothing that was heard accounts for it
  settled,    // was flapping, and is steadily bad now
  closed,
  merged,  // turned out to be part of the incident `into`
  // Of none.
  fact,             // something of one moment: an event check, `alerts send`
  repeated,         // a fact of a series has come again: the live text only
  mute_ended,       // what a mute has hidden
  muted_by_config,  // ALERTS_MUTED is still on
  proof_of_life,
};

struct Event {
  EventKind kind = EventKind::fact;
  std::uint64_t sequence = 0;
  Tier tier = Tier::warning;
  bool loud = false;
  IncidentView view;          // of an incident
  std::uint64_t into = 0;     // merged
  Problem fact;               // fact, repeated: id, severity and texts; since: when it happened
  std::uint64_t message = 0;  // fact, repeated: number of its series' message; 0: of none
  Tick last{0};               // repeated: when it happened last
  Mute mute;                  // mute_ended
  std::vector<std::string> still_bad;  // mute_ended: ids hidden that are not well now
  int checks = 0;                      // proof_of_life: that run
  int incidents = 0;                   // proof_of_life: since the last one
};

}  // namespace lectio
