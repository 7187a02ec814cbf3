// OUTBOX/delivery.json: what delivery remembers from run to run.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "alert/notice.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"

namespace lectio {

// An instant on both clocks, for ages that survive a reboot and a wall clock that jumps.
struct Moment {
  WallTime wall{};
  BootTime boot{0};
};

Moment moment_of(Clock& clock);

// The longer of what the two clocks say has passed; never negative. It may say too much
// (the wall clock went forward), never keep anybody waiting for ever.
Milliseconds since(const Moment& moment, const Moment& now);

// A notice by its number and time: after a lost book numbers begin anew.
struct NoticeKey {
  std::uint64_t sequence = 0;
  std::int64_t created_ms = 0;
  friend bool operator==(const NoticeKey&, const NoticeKey&) = default;
};

NoticeKey key_of(const Notice& notice);

struct LiveMessage {
  std::uint64_t incident = 0;
  std::string chat;
  std::int64_t message = 0;
  std::int64_t topic = 0;   // its replies belong there too
  std::uint64_t shown = 0;  // number of the notice whose text it has
};

// A time during which nothing is tried.
struct Hold {
  Moment from;
  Milliseconds wait{0};
  std::string reason;
  bool asked = false;  // by Telegram
};

struct DeliveryState {
  std::vector<LiveMessage> live;             // the newest last
  std::map<std::string, std::string> moved;  // a chat's id -> its new one
  std::vector<NoticeKey> done;               // taken by Telegram, the file perhaps still there
  std::vector<NoticeKey> fallen;             // the fallback has them; Telegram is still owed
  std::optional<Moment> last_call;
  std::optional<Hold> hold;
  std::optional<Moment> failing_since;  // nothing has been taken since
  std::string refused;                  // why Telegram takes nothing, as things are; empty: it does
  Milliseconds back_off{0};             // the last one; 0: the last call was answered

  const LiveMessage* find(std::uint64_t incident, std::string_view chat) const;
  // Forgets the oldest beyond 200.
  void remember(LiveMessage message);
};

bool contains(const std::vector<NoticeKey>& keys, const Notice& notice);

// Empty when there is none, or none that parses: that is set aside and named in `notes`.
// Instants in the future become `now`.
Result<DeliveryState> load_delivery_state(const std::string& outbox, const Moment& now,
                                          std::vector<std::string>& notes);
// `to` learns of the live messages that it does not know and `from` does: another outbox was
// used while the first could not be written.
Result<void> adopt_live_messages(const std::string& from, const std::string& to, const Moment& now,
                                 std::vector<std::string>& notes);
Result<void> save_delivery_state(const std::string& outbox, const DeliveryState& state);

}  // namespace lectio
