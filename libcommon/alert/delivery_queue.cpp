#include "alert/delivery_queue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "alert/message.hpp"

namespace lectio {
namespace {

constexpr Milliseconds first_back_off{30'000};
constexpr Milliseconds longest_back_off{600'000};
constexpr Milliseconds after_flood{1000};  // more than Telegram asked for
constexpr Milliseconds shortest_call{1000};
constexpr int most_moves = 3;

bool settles(const PlannedCall& call, const Notice& notice) {
  return std::ranges::find(call.settles, notice.sequence) != call.settles.end();
}

std::vector<Notice> settled_by(const PlannedCall& call, const std::vector<Notice>& group) {
  std::vector<Notice> notices;
  std::ranges::copy_if(group, std::back_inserter(notices),
                       [&](const Notice& notice) { return settles(call, notice); });
  return notices;
}

// Times change the live message every few minutes: that is no reason for a mail.
bool is_news(const Notice& notice) { return notice.kind != NoticeKind::edit; }

void add(std::vector<NoticeKey>& keys, const std::vector<Notice>& notices) {
  std::ranges::transform(notices, std::back_inserter(keys), key_of);
}

void drop(std::vector<NoticeKey>& keys, const std::vector<Notice>& notices) {
  std::erase_if(keys, [&](const NoticeKey& key) {
    return std::ranges::any_of(notices,
                               [&](const Notice& notice) { return key_of(notice) == key; });
  });
}

int count(const std::vector<Notice>& notices) { return static_cast<int>(notices.size()); }

}  // namespace

bool DeliveryQueue::may_begin() {
  const Moment now = moment_of(clock_);
  for (const auto& [value, key] : {std::pair{&settings_.telegram.token, "ERRORS_BOT_TOKEN"},
                                   std::pair{&settings_.telegram.chat, "ERRORS_CHAT_ID"}}) {
    if (value->empty()) trouble(fmt::format("{} is not set", key));
  }
  if (!report_.trouble.empty()) {
    if (!state_.failing_since) state_.failing_since = now;
    return false;
  }
  if (!is_held(now)) return true;
  if (settings_.impatient && !state_.hold->asked) return true;
  trouble(state_.hold->reason);
  return false;
}

bool DeliveryQueue::is_held(const Moment& now) const {
  return state_.hold && since(state_.hold->from, now) < state_.hold->wait;
}

bool DeliveryQueue::rests() const {
  return is_held(moment_of(clock_)) && settings_.fallback.url.empty();
}

Result<std::vector<Notice>> DeliveryQueue::owed(std::vector<Notice> notices) {
  const auto gone = [&](const NoticeKey& key) {
    return std::ranges::find(notices, key, key_of) == notices.end();
  };
  std::erase_if(state_.done, gone);
  std::erase_if(state_.fallen, gone);
  std::vector<Notice> rest;
  for (Notice& notice : notices) {
    if (contains(state_.done, notice)) {
      if (auto removed = memory_.outbox->remove(notice.sequence); !removed) {
        return std::unexpected(removed.error());
      }
    } else if (!tried_.contains(notice.sequence)) {
      rest.push_back(std::move(notice));
    }
  }
  return rest;
}

Result<bool> DeliveryQueue::send(std::vector<Notice> group) {
  const std::uint64_t incident = group.front().incident;
  for (int moves = 0; moves <= most_moves; ++moves) {
    const std::string where = chat();
    const auto live = [&] { return state_.find(incident, where); };
    const auto calls =
        plan_delivery(group, live() == nullptr ? std::nullopt : std::optional{live()->shown});
    if (calls.empty()) {
      if (auto done = taken(group); !done) return std::unexpected(done.error());
    }
    bool moved = false;
    for (const PlannedCall& call : calls) {
      if (!pace()) return false;
      CallTarget target{.chat = where};
      if (live() != nullptr) {
        target.message = live()->message;
        target.topic = live()->topic;
      }
      const CallResult result =
          make_call(call, target, settings_.telegram, http_, deadline_, report_.notes);
      state_.last_call = moment_of(clock_);
      const auto goes_on = settle(incident, where, settled_by(call, group), call, result);
      if (!goes_on || !*goes_on) return goes_on;
      moved = result.answer.kind == TelegramAnswer::Kind::migrated;
      if (moved) break;
      std::erase_if(group, [&](const Notice& notice) { return settles(call, notice); });
    }
    if (!moved) return true;
  }
  hold(first_back_off, "Telegram moves the chat on and on");
  if (auto saved = save(); !saved) return std::unexpected(saved.error());
  return false;
}

// What an answer means for the notices and for the queue. False: the queue stops.
Result<bool> DeliveryQueue::settle(std::uint64_t incident, const std::string& where,
                                   const std::vector<Notice>& notices, const PlannedCall& call,
                                   const CallResult& result) {
  const TelegramAnswer& answer = result.answer;
  const auto done = [](Result<void> saved, bool goes_on) -> Result<bool> {
    if (!saved) return std::unexpected(saved.error());
    return goes_on;
  };
  switch (answer.kind) {
    case TelegramAnswer::Kind::done:
      if (call.shows != 0) {
        state_.remember({.incident = incident,
                         .chat = where,
                         .message = answer.message_id,
                         .topic = result.topic,
                         .shown = call.shows});
      }
      return done(taken(notices), true);
    case TelegramAnswer::Kind::migrated:
      state_.moved[where] = answer.chat;
      report_.notes.push_back(
          fmt::format("the chat {} has become {}: set ERRORS_CHAT_ID to that", where, answer.chat));
      return done(save(), true);
    case TelegramAnswer::Kind::wait:
      hold(answer.retry_after + after_flood, answer.reason);
      state_.hold->asked = true;
      return done(save(), false);
    case TelegramAnswer::Kind::refused:
      return done(refuse(call, notices, answer.reason), true);
    default:
      state_.back_off = std::clamp(state_.back_off * 2, first_back_off, longest_back_off);
      hold(state_.back_off, answer.reason);
      return done(save(), false);
  }
}

// First remembered, then removed: a crash between the two sends nothing again.
Result<void> DeliveryQueue::taken(const std::vector<Notice>& notices) {
  add(state_.done, notices);
  drop(state_.fallen, notices);
  state_.hold.reset();
  state_.failing_since.reset();
  state_.refused.clear();
  state_.back_off = Milliseconds{0};
  if (auto saved = save(); !saved) return saved;
  for (const Notice& notice : notices) {
    if (memory_.outbox == nullptr) break;
    if (auto removed = memory_.outbox->remove(notice.sequence); !removed) return removed;
  }
  drop(state_.done, notices);
  report_.sent += count(notices);
  return {};
}

// It is buried when nobody else has to be told, or has been; else it stays.
Result<void> DeliveryQueue::refuse(const PlannedCall& call, const std::vector<Notice>& notices,
                                   const std::string& reason) {
  trouble(reason);
  state_.refused = reason;
  if (!state_.failing_since) state_.failing_since = moment_of(clock_);
  const bool has_fallback = !settings_.fallback.url.empty();
  const bool untold = std::ranges::any_of(notices, [&](const Notice& notice) {
    return is_news(notice) && !contains(state_.fallen, notice);
  });
  const bool told = has_fallback && untold && tell_fallback(call.text, notices);
  if (memory_.outbox == nullptr) {
    (told ? report_.sent : report_.waiting) += count(notices);
    return {};
  }
  if (auto saved = save(); !saved) return saved;
  for (const Notice& notice : notices) {
    if (has_fallback && untold && !told) {
      tried_.insert(notice.sequence);
    } else if (auto buried = memory_.outbox->bury(notice, reason); !buried) {
      return buried;
    }
  }
  return {};
}

void DeliveryQueue::hold(Milliseconds wait, const std::string& reason) {
  const Moment now = moment_of(clock_);
  state_.hold = Hold{.from = now, .wait = wait, .reason = reason, .asked = false};
  if (!state_.failing_since) state_.failing_since = now;
  trouble(reason);
}

Result<void> DeliveryQueue::fall_back(const std::vector<Notice>& waiting, Milliseconds after) {
  if (settings_.fallback.url.empty() || !state_.failing_since) return {};
  const Moment now = moment_of(clock_);
  for (const std::vector<Notice>& group : by_incident(waiting)) {
    const bool is_due = std::ranges::any_of(group, [&](const Notice& notice) {
      return is_news(notice) && !contains(state_.fallen, notice) && is_late(notice, after, now);
    });
    const auto calls = plan_delivery(group, std::nullopt);
    if (!is_due || calls.empty()) continue;
    if (deadline_.passed()) return {};
    if (!tell_fallback(calls.front().text, group)) return {};
    if (auto saved = save(); !saved) return saved;
  }
  return {};
}

bool DeliveryQueue::tell_fallback(const std::string& html, const std::vector<Notice>& notices) {
  const auto sent =
      send_fallback(settings_.fallback.url, plain_text(html), http_, clock_, deadline_);
  if (!sent) {
    trouble(sent.error().message);
    return false;
  }
  drop(state_.fallen, notices);
  add(state_.fallen, notices);
  return true;
}

// One created in the future is as old as the failure.
bool DeliveryQueue::is_late(const Notice& notice, Milliseconds after, const Moment& now) const {
  if (notice.created > now.wall) return since(*state_.failing_since, now) >= after;
  return now.wall - notice.created >= after;
}

// False: too little time is left. A call that is cut short may have been taken.
bool DeliveryQueue::pace() {
  const Milliseconds call = std::min(shortest_call, settings_.telegram.timeout);
  Milliseconds gap{0};
  if (state_.last_call) gap = settings_.pace - since(*state_.last_call, moment_of(clock_));
  gap = std::max(gap, Milliseconds{0});
  if (deadline_.left() < gap + call) return false;
  if (gap.count() > 0) clock_.sleep(gap);
  return true;
}

std::string DeliveryQueue::chat() const {
  std::string chat = settings_.telegram.chat;
  for (int moves = 0; moves <= most_moves; ++moves) {
    const auto moved = state_.moved.find(chat);
    if (moved == state_.moved.end()) break;
    chat = moved->second;
  }
  return chat;
}

Result<void> DeliveryQueue::save() const {
  if (memory_.outbox == nullptr) return {};
  return save_delivery_state(memory_.outbox->directory(), state_);
}

void DeliveryQueue::trouble(const std::string& text) {
  if (report_.trouble.find(text) != std::string::npos) return;
  if (!report_.trouble.empty()) report_.trouble += "; ";
  report_.trouble += text;
}

}  // namespace lectio
