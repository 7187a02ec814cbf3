#include "alert/delivery.hpp"

#include "alert/delivery_fixture.hpp"

namespace lectio {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using Taken = TelegramChat::Taken;

TEST_F(DeliveryTest, NothingToSendTouchesNothing) {
  const auto report = run();
  EXPECT_EQ(report.sent + report.waiting + report.dead, 0);
  EXPECT_TRUE(std::filesystem::is_empty(directory_));
}

TEST_F(DeliveryTest, AnIncidentIsOneMessageEditedAndRepliedTo) {
  put('o', 1, true);
  EXPECT_EQ(run().sent, 1);
  put('e');
  run();
  put('r', 1, true);
  run();
  put('c');
  const auto report = run();
  EXPECT_THAT(chat_.log, ElementsAre("1: lo1", "edit 1: le2", "edit 1: lr3", "2 to 1: r3",
                                     "edit 1: lc4", "3 to 1: c4"));
  EXPECT_FALSE(chat_.calls[0].silent);
  EXPECT_FALSE(chat_.calls[3].silent);
  EXPECT_TRUE(chat_.calls[5].silent);
  EXPECT_EQ(report.trouble, "");
  EXPECT_EQ(files(), 0U);
}

TEST_F(DeliveryTest, WhatBeganAndEndedWhileQueuedIsOneMessage) {
  put('o', 1, true);
  put('e');
  put('c', 1, true);
  EXPECT_EQ(run().sent, 2) << "the edit was dropped";
  EXPECT_THAT(chat_.log, ElementsAre("1: wc3"));
}

TEST_F(DeliveryTest, IncidentsGoInTheOrderOfTheirFirstNotice) {
  put('o', 2);
  put('s', 0);
  put('o', 1);
  put('e', 2);
  run();
  EXPECT_THAT(chat_.log, ElementsAre("1: le4", "2: s2", "3: lo3"));
}

TEST_F(DeliveryTest, EachTierHasItsTopicAndRepliesStayWithTheirMessage) {
  settings_.telegram.topics = {{Tier::critical, 5}, {Tier::info, 7}};
  Notice opening = make('o');
  opening.tier = Tier::critical;
  put(opening);
  run();
  Notice reply = make('r');
  reply.tier = Tier::info;
  put(reply);
  Notice other = make('s', 0);
  other.tier = Tier::warning;
  put(other);
  run();
  ASSERT_THAT(chat_.calls, SizeIs(4));
  EXPECT_EQ(chat_.calls[0].topic, 5);
  EXPECT_EQ(chat_.calls[2].topic, 5);
  EXPECT_EQ(chat_.calls[3].topic, 0);
}

TEST_F(DeliveryTest, TwoMessagesAreASecondApartAlsoAcrossRuns) {
  put('o', 1);
  put('o', 2);
  run();
  put('e', 1);
  run();
  EXPECT_THAT(clock_.slept, ElementsAre(Milliseconds{1000}, Milliseconds{1000}));
  pass(Milliseconds{600});
  put('e', 1);
  run();
  ASSERT_THAT(clock_.slept, SizeIs(3));
  EXPECT_EQ(clock_.slept[2], Milliseconds{400});
}

TEST_F(DeliveryTest, ALastCallInTheFutureWasJustNow) {
  put('o', 1);
  run();
  clock_.now -= std::chrono::hours{24};
  clock_.uptime = BootTime{std::chrono::seconds{5}};  // a reboot, and a clock set back
  put('o', 2);
  run();
  EXPECT_THAT(clock_.slept, ElementsAre(Milliseconds{1000}));
}

TEST_F(DeliveryTest, WhatDoesNotFitTheBudgetWaits) {
  for (std::uint64_t incident = 1; incident <= 20; ++incident) put('o', incident);
  const auto report = run();
  EXPECT_EQ(report.sent, 10);
  EXPECT_EQ(report.waiting, 10);
  EXPECT_EQ(report.trouble, "");
  pass(std::chrono::minutes{1});
  EXPECT_EQ(run().waiting, 0);
  EXPECT_THAT(chat_.log, SizeIs(20));
}

TEST_F(DeliveryTest, WhatNobodyHasHeardGoesBeforeATextThatOnlyGrew) {
  put('o', 1);
  run();
  put('e', 1);
  put('o', 2);
  run();
  EXPECT_THAT(chat_.log, ElementsAre("1: lo1", "2: lo3", "edit 1: le2"));
}

TEST_F(DeliveryTest, WhatAnotherRunQueuesMeanwhileGoesAtOnce) {
  put('o', 1);
  chat_.then([this] { put('e', 1); });
  EXPECT_EQ(run().sent, 2);
  EXPECT_THAT(chat_.log, ElementsAre("1: lo1", "edit 1: le2"));
}

TEST_F(DeliveryTest, WhatIsNotCommittedIsNotSent) {
  put('o', 1);
  put('o', 2);
  --last_;
  EXPECT_EQ(run().sent, 1);
  EXPECT_EQ(files(), 1U);
}

TEST_F(DeliveryTest, WhoDoesNotGetTheLockLeavesItToItsHolder) {
  put('o', 1);
  const auto holder = try_lock(directory_ + "/delivery.lock");
  ASSERT_TRUE(holder && *holder);
  const auto report = run();
  EXPECT_EQ(report.waiting, 1);
  EXPECT_EQ(report.trouble, "");
  EXPECT_THAT(chat_.calls, IsEmpty());
  EXPECT_THAT(clock_.slept, testing::AllOf(SizeIs(99), testing::Each(Milliseconds{100})));
}

TEST_F(DeliveryTest, AFloodStopsAllRunsForItsTime) {
  chat_.say(429, refusal(429, "Too Many Requests", R"({"retry_after":90})"));
  put('o', 1);
  put('o', 2);
  const auto report = run();
  EXPECT_EQ(report.waiting, 2);
  EXPECT_THAT(report.trouble, HasSubstr("429 Too Many Requests"));
  EXPECT_THAT(chat_.calls, SizeIs(1));
  pass(std::chrono::seconds{90});
  EXPECT_THAT(run().trouble, HasSubstr("429"));
  EXPECT_THAT(chat_.calls, SizeIs(1));
  pass(std::chrono::seconds{1});
  EXPECT_EQ(run().sent, 2);
}

TEST_F(DeliveryTest, NoAnswerIsWaitedForLongerEachTime) {
  chat_.stay_down();
  put('o', 1);
  put('o', 2);
  std::vector<int> tries_at;
  for (int second = 0; second < 2400; second += 10) {
    const std::size_t before = chat_.calls.size();
    EXPECT_EQ(run().waiting, 2);
    if (chat_.calls.size() > before) tries_at.push_back(second);
    pass(std::chrono::seconds{10});
  }
  EXPECT_THAT(tries_at, ElementsAre(0, 30, 90, 210, 450, 930, 1530, 2130));
  chat_.come_back();
  pass(std::chrono::minutes{10});
  EXPECT_EQ(run().sent, 2);
  chat_.stay_down();
  put('o', 3);
  run();
  chat_.come_back();
  pass(std::chrono::seconds{30});
  EXPECT_EQ(run().sent, 1);
}

TEST_F(DeliveryTest, WhoIsImpatientWaitsOnlyForWhatTelegramAskedFor) {
  chat_.stay_down();
  put('o', 1);
  run();
  chat_.come_back();
  settings_.impatient = true;
  EXPECT_EQ(run().sent, 1);
  chat_.say(429, refusal(429, "Too Many Requests", R"({"retry_after":90})"));
  put('o', 2);
  run();
  EXPECT_THAT(run().trouble, HasSubstr("429"));
  EXPECT_THAT(chat_.calls, SizeIs(3));
}

TEST_F(DeliveryTest, AWaitFromTheFutureDoesNotLastForEver) {
  chat_.stay_down();
  put('o', 1);
  run();
  chat_.come_back();
  clock_.now -= std::chrono::hours{24};
  clock_.uptime = BootTime{std::chrono::seconds{5}};
  EXPECT_EQ(run().waiting, 1);
  pass(std::chrono::seconds{31});
  EXPECT_EQ(run().sent, 1);
}

TEST_F(DeliveryTest, AChatThatMovedIsFollowedAtOnceAndRemembered) {
  put('o', 1);
  run();
  chat_.say(400, refusal(400, "group chat was upgraded to a supergroup chat",
                         R"({"migrate_to_chat_id":-1001557912345})"));
  put('r', 1);
  const auto report = run();
  EXPECT_EQ(report.sent, 1);
  EXPECT_THAT(report.notes, ElementsAre(HasSubstr("-1001557912345")));
  // Its messages stayed behind: the incident is said anew.
  EXPECT_THAT(chat_.log, ElementsAre("1: lo1", "2: lr2"));
  EXPECT_EQ(chat_.calls.back().chat, "-1001557912345");
  put('e', 1);
  EXPECT_THAT(run().notes, IsEmpty());
  EXPECT_EQ(chat_.log.back(), "edit 2: le3");
  EXPECT_EQ(chat_.calls.back().chat, "-1001557912345");
}

TEST_F(DeliveryTest, AnotherConfiguredChatHearsEverythingAnew) {
  put('o', 1);
  run();
  settings_.telegram.chat = "-200";
  put('e', 1);
  run();
  EXPECT_THAT(chat_.log, ElementsAre("1: lo1", "2: le2"));
}

TEST_F(DeliveryTest, WhatCannotBeParsedGoesAsPlainText) {
  chat_.say(400, refusal(400, "Bad Request: can't parse entities: Unsupported start tag"));
  Notice notice = make('o');
  notice.live = "<b>a &lt; b</b>";
  put(notice);
  const auto report = run();
  EXPECT_EQ(report.sent, 1);
  EXPECT_THAT(report.notes, SizeIs(1));
  EXPECT_THAT(chat_.log, ElementsAre("1: a < b"));
  EXPECT_FALSE(chat_.calls.back().html);
}

TEST_F(DeliveryTest, AMissingTopicIsLeftAway) {
  settings_.telegram.topics = {{Tier::warning, 5}};
  chat_.say(400, refusal(400, "Bad Request: message thread not found"));
  put('o', 1);
  const auto report = run();
  EXPECT_EQ(report.sent, 1);
  EXPECT_THAT(report.notes, ElementsAre(HasSubstr("no topic 5")));
  EXPECT_EQ(chat_.calls.back().topic, 0);
}

TEST_F(DeliveryTest, ALiveMessageThatIsGoneIsSaidAgain) {
  put('o', 1);
  run();
  chat_.shown.clear();
  put('c', 1);
  run();
  EXPECT_THAT(chat_.log, ElementsAre("1: lo1", "2: lc2", "3 to 2: c2"));
}

TEST_F(DeliveryTest, AReplyWithoutItsTargetIsAMessage) {
  put('o', 1);
  run();
  Notice reply = make('r');
  reply.live.clear();
  put(reply);
  chat_.say(400, refusal(400, "Bad Request: message to be replied not found"));
  EXPECT_EQ(run().sent, 1);
  EXPECT_EQ(chat_.log.back(), "2: r2");
}

TEST_F(DeliveryTest, WhatIsTooLongIsCut) {
  chat_.say(400, refusal(400, "Bad Request: message is too long"));
  Notice notice = make('o');
  notice.live = "<b>";
  for (int i = 0; i < 3000; ++i) notice.live += "😀";
  notice.live += "</b>";
  put(notice);
  EXPECT_EQ(run().sent, 1);
  EXPECT_EQ(chat_.calls.back().text.size(), std::size_t{1999} * 4 + std::string{"…"}.size());
}

TEST_F(DeliveryTest, WhatIsAlwaysTooLongIsBuriedInTheEnd) {
  for (int i = 0; i < 10; ++i) chat_.say(400, refusal(400, "Bad Request: message is too long"));
  put('o', 1);
  EXPECT_EQ(run().dead, 1);
}

TEST_F(DeliveryTest, WhatIsRefusedIsBuriedWithItsReason) {
  chat_.say(403, refusal(403, "Forbidden: bot was kicked"));
  put('o', 1);
  put('o', 2);
  const auto report = run();
  EXPECT_EQ(report.sent, 1);
  EXPECT_EQ(report.dead, 1);
  EXPECT_EQ(report.waiting, 0);
  EXPECT_THAT(report.trouble, HasSubstr("403 Forbidden: bot was kicked"));
  EXPECT_THAT(outbox_.dead()->front().reason, HasSubstr("bot was kicked"));
  EXPECT_EQ(run().dead, 1);
  put('e', 1);  // what is still going on is told once it can be
  run();
  EXPECT_EQ(chat_.log.back(), "2: le3");
}

TEST_F(DeliveryTest, WithoutAKeyEverythingWaits) {
  settings_.telegram.token.clear();
  put('o', 1);
  auto report = run();
  EXPECT_EQ(report.waiting, 1);
  EXPECT_EQ(report.trouble, "ERRORS_BOT_TOKEN is not set");
  settings_.telegram.chat.clear();
  EXPECT_EQ(run().trouble, "ERRORS_BOT_TOKEN is not set; ERRORS_CHAT_ID is not set");
  EXPECT_THAT(chat_.calls, IsEmpty());
  settings_.telegram = {.token = "1:a", .chat = "5", .topics = {}, .proxy = ""};
  EXPECT_EQ(run().sent, 1);
}

TEST_F(DeliveryTest, OfTheTextsThatReplaceEachOtherOnlyTheLastIsKept) {
  chat_.stay_down();
  put('o', 1);
  run();
  settings_.telegram.token.clear();  // for good, so it cannot be left until the next call
  pass(std::chrono::minutes{1});
  for (const char kind : {'e', 'e', 'r', 'e', 'e'}) put(kind, 1);
  put('o', 2);
  EXPECT_EQ(run().waiting, 4);
  EXPECT_EQ(files(), 4U);
  settings_.telegram.token = "123:secret";
  chat_.come_back();
  EXPECT_EQ(run().sent, 4);
  EXPECT_THAT(chat_.log, ElementsAre("1: le6", "2: lo7"));
}

TEST_F(DeliveryTest, WhileItHasToWaitTheNoticesAreNotRead) {
  chat_.stay_down();
  put('o', 1);
  run();
  put('o', 2);
  ASSERT_TRUE(write_file_atomically(directory_ + "/0000000002.json", "{", 0600));
  auto report = run();
  EXPECT_EQ(report.waiting, 2);
  EXPECT_THAT(report.notes, IsEmpty());
  EXPECT_THAT(report.trouble, Not(IsEmpty()));
  pass(std::chrono::seconds{30});
  report = run();
  EXPECT_EQ(report.waiting, 1);
  EXPECT_THAT(report.notes, ElementsAre(HasSubstr("0000000002.json was damaged")));
}

TEST_F(DeliveryTest, ADamagedMemoryIsSetAsideAndNothingIsLost) {
  put('o', 1);
  run();
  ASSERT_TRUE(write_file_atomically(state_path(), "{\"schema\":1", 0600));
  put('c', 1);
  const auto report = run();
  EXPECT_THAT(report.notes, ElementsAre(HasSubstr("delivery.json was damaged: kept as")));
  EXPECT_THAT(chat_.log, ElementsAre("1: lo1", "2: wc2"));
}

TEST_F(DeliveryTest, AfterALostBookAnOpeningIsANewMessage) {
  put('o', 1);
  run();
  last_ = 1000;  // numbers begin beyond those of the lost one
  pass(std::chrono::hours{1});
  put('o', 1);
  run();
  EXPECT_THAT(chat_.log, ElementsAre("1: lo1", "2: lo1001"));
}

TEST_F(DeliveryTest, NothingTellsTheToken) {
  chat_.say(401, refusal(401, "Unauthorized /bot123:secret/sendMessage"));
  put('o', 1);
  EXPECT_THAT(run().trouble, Not(HasSubstr("secret")));
  EXPECT_THAT(outbox_.dead()->front().reason, Not(HasSubstr("secret")));
}

TEST_F(DeliveryTest, TwoHundredIncidentsAreRemembered) {
  settings_.pace = Milliseconds{0};
  for (std::uint64_t incident = 1; incident <= 201; ++incident) put('o', incident);
  run();
  put('e', 2);
  put('e', 1);
  run();
  EXPECT_THAT(chat_.log[chat_.log.size() - 2], "edit 2: le202");
  EXPECT_THAT(chat_.log.back(), "202: le203");
}

class NowDelivery : public DeliveryTest {
 protected:
  DeliveryReport now(const std::vector<Notice>& notices) {
    return deliver_now(notices, settings_, chat_, clock_,
                       Deadline{clock_, std::chrono::seconds{50}});
  }
};

TEST_F(NowDelivery, NeedsNoDirectory) {
  const auto report = now({make('o', 1), make('e', 1), make('s', 0)});
  EXPECT_EQ(report.sent, 3);
  EXPECT_THAT(chat_.log, ElementsAre("1: le2", "2: s3"));
  EXPECT_TRUE(std::filesystem::is_empty(directory_));
}

TEST_F(NowDelivery, TriesOnceAndThenTheFallback) {
  settings_.fallback.url = "https://hc.test/uuid";
  chat_.stay_down();
  const auto report = now({make('o', 1), make('s', 0)});
  EXPECT_EQ(report.sent, 2);
  EXPECT_EQ(report.waiting, 0);
  EXPECT_THAT(chat_.calls, SizeIs(1));
  EXPECT_THAT(chat_.pings,
              ElementsAre("https://hc.test/uuid/fail lo1", "https://hc.test/uuid/fail s2"));
}

TEST_F(NowDelivery, SaysWhatNobodyTook) {
  chat_.say(403, refusal(403, "Forbidden"));
  const auto report = now({make('o', 1), make('s', 0)});
  EXPECT_EQ(report.sent, 1);
  EXPECT_EQ(report.waiting, 1);
  EXPECT_THAT(report.trouble, HasSubstr("Forbidden"));
}

}  // namespace
}  // namespace lectio
