#include "alert/alert_path.hpp"

#include "alert/delivery_fixture.hpp"
#include "alert/delivery_state.hpp"
#include "check/finding.hpp"

namespace lectio {
namespace {

class AlertPath : public DeliveryTest {
 protected:
  std::string code() {
    return probe_alert_path(outbox_.directory(), settings_, clock_, notes_).code;
  }
  void leave(const DeliveryState& state) {
    ASSERT_TRUE(make_directory(outbox_.directory()));
    ASSERT_TRUE(save_delivery_state(outbox_.directory(), state));
  }
  Moment ago(Milliseconds time) {
    Moment moment = moment_of(clock_);
    moment.wall -= time;
    moment.boot -= time;
    return moment;
  }
  std::vector<std::string> notes_;
};

TEST_F(AlertPath, IsWellWithCredentialsAndNothingToComplainOf) {
  EXPECT_EQ(code(), "alert_path_ok");
}

TEST_F(AlertPath, NamesTheKeysThatAreMissing) {
  settings_.telegram.token.clear();
  EXPECT_EQ(code(), "alert_not_configured");
  settings_.telegram.chat.clear();
  const Finding found = probe_alert_path(outbox_.directory(), settings_, clock_, notes_);
  EXPECT_EQ(to_text(*found.facts.find("keys")), "ERRORS_BOT_TOKEN, ERRORS_CHAT_ID");
}

TEST_F(AlertPath, ARefusalIsOneUntilSomethingIsTaken) {
  DeliveryState state;
  state.refused = "Unauthorized";
  leave(state);
  EXPECT_EQ(code(), "alert_refused");
  leave({});
  EXPECT_EQ(code(), "alert_path_ok");
}

TEST_F(AlertPath, AStateThatCannotBeReadIsAWarning) {
  ASSERT_TRUE(make_directory(outbox_.directory() + "/delivery.json"));
  const Finding found = probe_alert_path(outbox_.directory(), settings_, clock_, notes_);
  EXPECT_EQ(found.code, "alert_unreadable");
  EXPECT_NE(found.facts.find("error"), nullptr);
  EXPECT_EQ(judge(alert_path_check(), found, Milliseconds{0}).status, Status::warning);
}

TEST_F(AlertPath, AChatThatRefusesIsOneAndOneThatIsSilentSaysNothing) {
  TelegramAnswer answer;
  answer.kind = TelegramAnswer::Kind::refused;
  answer.reason = "chat not found";
  const Finding good{Outcome::good, "alert_path_ok", {}};
  EXPECT_EQ(judge_chat(good, answer).code, "alert_refused");
  EXPECT_EQ(judge_chat({Outcome::bad, "alert_failing", {}}, answer).code, "alert_failing");
  answer.kind = TelegramAnswer::Kind::unavailable;
  EXPECT_EQ(judge_chat(good, answer).code, "alert_path_ok");
}

TEST_F(AlertPath, AFailureIsOneAfterTenMinutes) {
  DeliveryState state;
  state.hold = Hold{moment_of(clock_), Milliseconds{60'000}, "no answer"};
  state.failing_since = ago(std::chrono::minutes{9});
  leave(state);
  EXPECT_EQ(code(), "alert_path_ok");
  state.failing_since = ago(std::chrono::minutes{11});
  leave(state);
  EXPECT_EQ(code(), "alert_failing");
}

}  // namespace
}  // namespace lectio
