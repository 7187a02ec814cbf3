// What is to be said of one incident, once its waiting notices are put together. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "alert/notice.hpp"

namespace lectio {

struct PlannedCall {
  enum class Kind {
    fresh,   // a new message: from now on the incident's live one
    edit,    // of the live message
    reply,   // to the live message
    single,  // a message of no incident
  } kind = Kind::single;
  std::string text;  // Telegram HTML
  Tier tier = Tier::warning;
  bool loud = false;
  // Sequence numbers of the notices that need nothing more once this has been taken.
  std::vector<std::uint64_t> settles;
};

// Notices of one incident (or one single), each group by number; the groups by their first.
std::vector<std::vector<Notice>> by_incident(const std::vector<Notice>& notices);

// Whether the incident has a live message in the chat.
enum class Live { none, sent };

// The calls, in order, that make the chat say what the notices of one group want said. An
// `open` is always a new message, even of an incident that has one: after a lost book the
// numbers of incidents begin anew. No calls: there is nothing to say.
std::vector<PlannedCall> plan_delivery(std::span<const Notice> group, Live live);

}  // namespace lectio
