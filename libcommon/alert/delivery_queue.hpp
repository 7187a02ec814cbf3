// One run's way through the notices that wait: what is called, what is remembered, when it
// stops.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "alert/delivery.hpp"
#include "alert/delivery_call.hpp"
#include "alert/delivery_plan.hpp"
#include "alert/delivery_state.hpp"

namespace lectio {

// Where the run keeps what it did. Null outbox: nowhere.
struct DeliveryMemory {
  const Outbox* outbox = nullptr;
  DeliveryState state;
};

class DeliveryQueue {
 public:
  DeliveryQueue(DeliveryMemory& memory, const DeliverySettings& settings, Http& http, Clock& clock,
                const Deadline& deadline, DeliveryReport& report)
      : memory_(memory),
        state_(memory.state),
        settings_(settings),
        http_(http),
        clock_(clock),
        deadline_(deadline),
        report_(report) {}

  // Telegram may be asked: it is configured, and no wait is on.
  bool may_begin();
  // A wait is on, and nobody is to be told meanwhile: what lies in the outbox stays as it is.
  bool rests() const;
  // What of `notices` is neither taken already nor tried in this run; the files of what is
  // taken are removed.
  Result<std::vector<Notice>> owed(std::vector<Notice> notices);
  // The notices of one incident. False: the queue stops.
  Result<bool> send(std::vector<Notice> group);
  // What Telegram has not taken for longer than `after` goes to the fallback too.
  Result<void> fall_back(const std::vector<Notice>& waiting, Milliseconds after);
  // Notices that are refused and stay, for the fallback does not take them now.
  int refused() const { return static_cast<int>(tried_.size()); }

 private:
  bool is_held(const Moment& now) const;
  std::string chat() const;
  bool pace();
  Result<bool> settle(std::uint64_t incident, const std::string& chat,
                      const std::vector<Notice>& notices, const PlannedCall& call,
                      const CallResult& result);
  Result<void> taken(const std::vector<Notice>& notices);
  Result<void> refuse(const PlannedCall& call, const std::vector<Notice>& notices,
                      const std::string& reason);
  void hold(Milliseconds wait, const std::string& reason);
  bool tell_fallback(const std::string& html, const std::vector<Notice>& notices);
  bool is_late(const Notice& notice, Milliseconds after, const Moment& now) const;
  Result<void> save() const;
  void trouble(const std::string& text);

  DeliveryMemory& memory_;
  DeliveryState& state_;
  const DeliverySettings& settings_;
  Http& http_;
  Clock& clock_;
  const Deadline& deadline_;
  DeliveryReport& report_;
  std::set<std::uint64_t> tried_;  // sequence numbers
};

}  // namespace lectio
