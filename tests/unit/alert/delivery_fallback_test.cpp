#include "alert/delivery_fixture.hpp"

namespace lectio {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class FallbackDelivery : public DeliveryTest {
 protected:
  FallbackDelivery() { settings_.fallback.url = "https://hc.test/hidden-uuid"; }
};

TEST_F(FallbackDelivery, GetsWhatTelegramDoesNotTakeInTimeOnce) {
  chat_.stay_down();
  put('o', 1);
  run();
  pass(std::chrono::minutes{9});
  run();
  EXPECT_THAT(chat_.pings, IsEmpty());
  pass(std::chrono::minutes{1});
  EXPECT_EQ(run().waiting, 1);
  EXPECT_THAT(chat_.pings, ElementsAre("https://hc.test/hidden-uuid/fail lo1"));
  pass(std::chrono::minutes{20});
  run();
  EXPECT_THAT(chat_.pings, SizeIs(1));
  chat_.come_back();
  pass(std::chrono::minutes{10});
  EXPECT_EQ(run().sent, 1);
  EXPECT_THAT(chat_.log, ElementsAre("1: lo1"));
}

TEST_F(FallbackDelivery, IsToldHowItStandsNotEachStep) {
  chat_.stay_down();
  put('o', 1);
  put('e', 1);
  put('c', 1);
  run();
  pass(std::chrono::minutes{11});
  run();
  EXPECT_THAT(chat_.pings, ElementsAre(HasSubstr(" wc3")));
}

TEST_F(FallbackDelivery, ANewLiveTextIsNoNews) {
  chat_.stay_down();
  put('o', 1);
  run();
  pass(std::chrono::minutes{11});
  run();
  put('e', 1);
  pass(std::chrono::minutes{11});
  run();
  EXPECT_THAT(chat_.pings, SizeIs(1));
  put('r', 1);
  pass(std::chrono::minutes{11});
  run();
  EXPECT_THAT(chat_.pings, SizeIs(2));
}

TEST_F(FallbackDelivery, AlsoHearsWhatWaitsForAFlood) {
  chat_.say(429, refusal(429, "Too Many Requests", R"({"retry_after":3600})"));
  put('o', 1);
  run();
  pass(std::chrono::minutes{10});
  run();
  EXPECT_THAT(chat_.pings, SizeIs(1));
}

TEST_F(FallbackDelivery, AlsoHearsWhatWaitsForAKey) {
  settings_.telegram.token.clear();
  put('o', 1);
  run();
  EXPECT_THAT(chat_.pings, IsEmpty());
  pass(std::chrono::minutes{10});
  const auto report = run();
  EXPECT_THAT(chat_.pings, SizeIs(1));
  EXPECT_EQ(report.waiting, 1);
}

TEST_F(FallbackDelivery, ANoticeFromTheFutureIsAsOldAsTheFailure) {
  chat_.stay_down();
  put('o', 1);
  clock_.now -= std::chrono::hours{48};
  run();
  pass(std::chrono::minutes{11});
  run();
  EXPECT_THAT(chat_.pings, SizeIs(1));
}

TEST_F(FallbackDelivery, ALongQueueOfAWorkingTelegramIsNoFailure) {
  for (std::uint64_t incident = 1; incident <= 30; ++incident) put('o', incident);
  pass(std::chrono::minutes{11});
  EXPECT_GT(run().waiting, 0);
  EXPECT_THAT(chat_.pings, IsEmpty());
}

TEST_F(FallbackDelivery, GetsWhatIsRefusedAtOnce) {
  chat_.say(403, refusal(403, "Forbidden: bot was blocked by the user"));
  put('o', 1);
  const auto report = run();
  EXPECT_EQ(report.dead, 1);
  EXPECT_THAT(chat_.pings, ElementsAre("https://hc.test/hidden-uuid/fail lo1"));
}

TEST_F(FallbackDelivery, WhatIsRefusedStaysUntilTheFallbackHasIt) {
  chat_.ping_status = 404;
  for (int i = 0; i < 2; ++i) chat_.say(403, refusal(403, "Forbidden"));
  put('o', 1);
  auto report = run();
  EXPECT_EQ(report.dead, 0);
  EXPECT_EQ(report.waiting, 1);
  EXPECT_THAT(report.trouble, HasSubstr("Forbidden; hc.test: ping_unknown_check 404"));
  EXPECT_THAT(report.trouble, Not(HasSubstr("hidden")));
  EXPECT_THAT(chat_.calls, SizeIs(1));
  chat_.ping_status = 200;
  report = run();
  EXPECT_EQ(report.dead, 1);
  EXPECT_EQ(report.waiting, 0);
}

}  // namespace
}  // namespace lectio
