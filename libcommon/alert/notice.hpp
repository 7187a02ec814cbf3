// What the outbox holds: a message that is owed, rendered and numbered.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.hpp"

namespace lectio {

// Which topic of the chat a message belongs to.
enum class Tier { critical, warning, info };

// open: the incident's live message; edit: its new text; reply: said under it; close: its
// end; single: a message of no incident.
enum class NoticeKind { open, edit, reply, close, single };

// The texts are Telegram HTML that fits a message (message.hpp).
struct Notice {
  std::uint64_t sequence = 0;  // in the order in which they were decided; names the file
  std::uint64_t incident = 0;  // 0: of none
  NoticeKind kind = NoticeKind::single;
  Tier tier = Tier::warning;
  bool loud = false;  // with sound
  WallTime created{};
  std::string live = {};     // all but single: what the incident's live message says from now on
  std::string message = {};  // reply, close: the reply; single: the message
  std::string whole = {};    // close: the one message if nothing of the incident was sent yet
};

}  // namespace lectio
