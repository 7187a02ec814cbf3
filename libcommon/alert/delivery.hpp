// Brings what the outbox holds to Telegram, in order, each once.
//
// OUTBOX/delivery.json is its memory, under a lock of its own: chat and message of each
// incident, what Telegram asked to wait for, what was sent but not yet removed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "alert/outbox.hpp"
#include "alert/telegram.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "io/http.hpp"

namespace lectio {

struct FallbackSettings {
  // smtp://, smtps:// (user:password@host/?from=..&to=..) or a Healthchecks ping url; empty: none
  std::string url;
  Milliseconds after{600'000};  // that Telegram has not taken a notice
};

struct DeliverySettings {
  TelegramSettings telegram;
  FallbackSettings fallback;
  Milliseconds budget{10'000};  // of one run
  Milliseconds pace{1'000};     // between two messages
};

struct DeliveryReport {
  int sent = 0;         // notices that need nothing more
  int waiting = 0;      // still owed
  int dead = 0;         // in OUTBOX/dead
  std::string trouble;  // why they wait or died; empty: no trouble
  std::vector<std::string> notes;
};

// Waits for the lock, then until nothing is owed or the budget is spent. Errors
// (ErrorKind::io): the outbox cannot be read or written.
Result<DeliveryReport> deliver(const Outbox& outbox, std::uint64_t committed,
                               const DeliverySettings& settings, Http& http, Clock& clock,
                               const Deadline& deadline);

// The same without a place to keep anything: each notice is tried once.
DeliveryReport deliver_now(const std::vector<Notice>& notices, const DeliverySettings& settings,
                           Http& http, Clock& clock, const Deadline& deadline);

}  // namespace lectio
