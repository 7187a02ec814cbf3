#include "alert/alert_path.hpp"

#include "alert/delivery_state.hpp"

namespace lectio {
namespace {

// A short failure is what the outbox is for.
constexpr Milliseconds failing_long{600'000};

std::string missing_keys(const TelegramSettings& settings) {
  std::string keys;
  if (settings.token.empty()) keys = "ERRORS_BOT_TOKEN";
  if (settings.chat.empty()) keys += keys.empty() ? "ERRORS_CHAT_ID" : ", ERRORS_CHAT_ID";
  return keys;
}

}  // namespace

CheckInfo alert_path_check() { return {.id = "alert_path", .severity = Severity::high}; }

Finding probe_alert_path(const std::string& outbox, const DeliverySettings& settings, Clock& clock,
                         std::vector<std::string>& notes) {
  if (const std::string keys = missing_keys(settings.telegram); !keys.empty()) {
    return {Outcome::bad, "alert_not_configured", Facts{}.set("keys", keys)};
  }
  const Moment now = moment_of(clock);
  const auto state = load_delivery_state(outbox, now, notes);
  if (!state) {
    return {Outcome::bad, "alert_unreadable", Facts{}.set("error", state.error().message)};
  }
  const Milliseconds failing =
      state->failing_since ? since(*state->failing_since, now) : Milliseconds{0};
  Facts facts;
  facts.set("minutes", std::chrono::duration_cast<std::chrono::minutes>(failing).count());
  if (!state->refused.empty()) {
    return {Outcome::bad, "alert_refused", facts.set("reason", state->refused)};
  }
  if (state->hold && failing >= failing_long) {
    return {Outcome::bad, "alert_failing", facts.set("reason", state->hold->reason)};
  }
  return {Outcome::good, "alert_path_ok", {}};
}

Finding judge_chat(Finding kept, const TelegramAnswer& answer) {
  if (kept.outcome != Outcome::good || answer.kind != TelegramAnswer::Kind::refused) return kept;
  return {Outcome::bad, "alert_refused", Facts{}.set("reason", answer.reason)};
}

}  // namespace lectio
