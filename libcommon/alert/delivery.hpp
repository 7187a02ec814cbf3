// Brings what the outbox holds to Telegram, in order, each once.
//
// OUTBOX/delivery.json (delivery_state.hpp) is its memory, under a lock of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "alert/fallback.hpp"
#include "alert/notice.hpp"
#include "alert/outbox.hpp"
#include "alert/telegram.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "io/http.hpp"

namespace lectio {

struct DeliverySettings {
  TelegramSettings telegram;
  FallbackSettings fallback;
  Milliseconds budget{10'000};  // of one run
  Milliseconds pace{1'000};     // between two messages
  bool impatient = false;       // tries also in a pause that Telegram did not ask for
};

struct DeliveryReport {
  int sent = 0;         // notices that need nothing more
  int waiting = 0;      // still owed
  int dead = 0;         // in OUTBOX/dead
  std::string trouble;  // why they wait or died; empty: no trouble
  std::vector<std::string> notes;
};

// The book's last sequence number. Asked before each look into the outbox: what another run
// has committed since is delivered too.
using Committed = std::function<std::uint64_t()>;

// Waits for the lock, then until nothing is owed or the budget is spent. Who does not get
// the lock has no trouble: the holder sends. What was sent from `other`, an outbox that was used
// while this one could not be written, is edited and answered from here. Errors (ErrorKind::io):
// the outbox cannot be read or written; without its memory nothing is sent.
Result<DeliveryReport> deliver(const Outbox& outbox, const Committed& committed,
                               const DeliverySettings& settings, Http& http, Clock& clock,
                               const Deadline& deadline,
                               const std::optional<Outbox>& other = std::nullopt);

// The same without a place to keep anything: each notice is tried once, and what Telegram
// does not take goes to the fallback at once.
DeliveryReport deliver_now(const std::vector<Notice>& notices, const DeliverySettings& settings,
                           Http& http, Clock& clock, const Deadline& deadline);

}  // namespace lectio
