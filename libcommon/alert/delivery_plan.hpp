// What is to be said of one incident, once its waiting notices are put together. Pure.
#pragma once

#include <cstdint>
#include <optional>
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
  std::string text = {};  // Telegram HTML
  Tier tier = Tier::warning;
  bool loud = false;
  std::uint64_t shows = 0;  // fresh, edit: number of the notice whose live text that is
  // Sequence numbers of the notices that need nothing more once this has been taken.
  std::vector<std::uint64_t> settles = {};
};

// Notices of one incident (or one single), each group by number; the groups by their first.
std::vector<std::vector<Notice>> by_incident(const std::vector<Notice>& notices);

// The calls, in order, that make the chat say what the notices of one group want said.
// `shown` is the number of the notice whose text the incident's live message has; nothing:
// there is no such message. Never goes back to an older text. An
// `open` is always a new message, even of an incident that has one: after a lost book the
// numbers of incidents begin anew. No calls: there is nothing to say.
std::vector<PlannedCall> plan_delivery(std::span<const Notice> group,
                                       std::optional<std::uint64_t> shown);

}  // namespace lectio
