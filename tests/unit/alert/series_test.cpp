#include "alert/series.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "alert/message.hpp"
#include "alert/play.hpp"

namespace lectio {
namespace {

using test::Chat;
using test::hours;
using test::minutes;
using test::seconds;
using testing::HasSubstr;
using testing::Not;

Problem error(const std::string& kind, int times = 1) {
  Problem fact;
  fact.id = "site_errors:" + kind;
  fact.status = Status::warning;
  fact.severity = Severity::high;
  fact.times = times;
  fact.explained_by = {"backend"};
  fact.texts.title = "Error";
  return fact;
}

TEST(Series, IsOneMessageWithACount) {
  Chat chat;
  chat.run("health_check", {}, {error("a", 3)});
  EXPECT_EQ(chat.heard(), "f!");
  EXPECT_EQ(chat.told.back().fact.times, 3);
  const auto message = chat.told.back().message;
  chat.pass(minutes{1});
  chat.run("health_check", {}, {error("a", 997)});
  EXPECT_EQ(chat.heard(), "f!x");
  EXPECT_EQ(chat.told.back().fact.times, 1000);
  EXPECT_EQ(chat.told.back().message, message);
  EXPECT_EQ(chat.told.back().last - chat.told.back().fact.since, minutes{1});
}

TEST(Series, EditsNotTooOftenAndOwesTheLastCount) {
  Chat chat;
  for (int i = 0; i < 5; ++i) {
    chat.run("health_check", {}, {error("a", 10)});
    chat.pass(seconds{5});
  }
  EXPECT_EQ(chat.heard(), "f!");
  chat.pass(minutes{1});
  chat.run("health_check", {});
  EXPECT_EQ(chat.heard(), "f!x");
  EXPECT_EQ(chat.told.back().fact.times, 50);
  chat.pass(minutes{1});
  chat.run("health_check", {});
  EXPECT_EQ(chat.heard(), "f!x");
  chat.pass(minutes{4});
  for (int i = 0; i < 4; ++i) {
    chat.run("health_check", {}, {error("a")});
    chat.pass(minutes{1});
  }
  EXPECT_EQ(chat.heard(), "f!xx") << "an old one every five minutes";
}

TEST(Series, OthersHaveMoreToSay) {
  Chat chat;
  std::vector<Problem> kinds;
  for (const char* kind : {"a", "b", "c", "d", "e"}) kinds.push_back(error(kind));
  chat.run("health_check", {}, kinds);
  chat.pass(minutes{1});
  chat.run("health_check", {}, kinds);
  EXPECT_EQ(chat.heard(), "f!f!f!f!f!xxx");
}

TEST(Series, AfterAnHourOfSilenceOrADayOfNoneItIsNews) {
  Chat chat;
  chat.run("health_check", {}, {error("a")});
  chat.pass(minutes{59});
  chat.run("health_check", {}, {error("a")});
  EXPECT_EQ(chat.heard(), "f!x");
  chat.pass(minutes{61});
  chat.run("health_check", {}, {error("a")});
  EXPECT_EQ(chat.heard(), "f!xf!");
  for (int i = 0; i < 48; ++i) {
    chat.pass(minutes{30});
    chat.run("health_check", {}, {error("a")});
  }
  EXPECT_EQ(std::ranges::count(chat.heard(), 'f'), 3);
}

TEST(Series, KindsHaveAMessageEachUntilThereAreTooMany) {
  Chat chat;
  std::vector<Problem> many;
  for (const char* kind : {"a", "b", "c", "d", "e", "f", "g"}) many.push_back(error(kind));
  chat.run("health_check", {}, many);
  EXPECT_EQ(chat.heard(), "f!f!f!f!f!f!");
  EXPECT_EQ(chat.told.back().fact.id, "site_errors:more");
  EXPECT_EQ(chat.told.back().fact.times, 2);
  const Notice notice = to_notice(chat.told.back(), {}, chat.now());
  EXPECT_EQ(notice.kind, NoticeKind::open);
  EXPECT_THAT(notice.live, HasSubstr("Другие, последняя: Error"));
  EXPECT_THAT(notice.live, HasSubstr("2 раза"));
  chat.pass(minutes{11});
  chat.run("health_check", {}, {error("h")});
  EXPECT_EQ(chat.heard(), "f!f!f!f!f!f!f!");
}

TEST(Series, WhatAnIncidentExplainsIsNotTold) {
  Chat chat;
  chat.run("health_check", {{"backend", 'X'}}, {error("a"), error("b")});
  EXPECT_EQ(chat.heard(), "O!");
  EXPECT_EQ(chat.book.held.back().id, "site_errors");
  EXPECT_EQ(chat.book.held.back().reason, "explained");
  EXPECT_EQ(chat.book.held.back().detail, "backend");
  for (int i = 0; i < 3; ++i) {
    chat.pass(minutes{1});
    chat.run("health_check", {{"backend", '+'}});
  }
  chat.run("health_check", {{"backend", '+'}}, {error("b")});
  EXPECT_EQ(chat.heard(), "O!C!f!");
}

TEST(Series, OnlyAnOutageThatIsToldExplains) {
  for (const char look : {'-', '?'}) {
    Chat chat;
    for (int i = 0; i < 3; ++i) {
      chat.run("health_check", {{"backend", look}});
      chat.pass(minutes{1});
    }
    chat.run("health_check", {{"backend", look}}, {error("a")});
    EXPECT_EQ(std::ranges::count(chat.heard(), 'f'), 1) << look;
  }
  Chat chat;
  chat.mute("backend", minutes{30});
  chat.run("health_check", {{"backend", 'X'}}, {error("a")});
  EXPECT_EQ(chat.heard(), "f!");
}

TEST(Series, AMuteOfTheCheckIsOneOfAllItsKinds) {
  Chat chat;
  chat.mute("site_errors", minutes{30});
  chat.mute("site_errors:b", minutes{30});
  chat.run("health_check", {{"disk", 'X'}}, {error("a")});
  EXPECT_EQ(chat.heard(), "O!");
}

TEST(Series, ManyKindsThatWaitAreNoFloodAtTheEnd) {
  Chat chat;
  chat.mute("", hours{2});
  for (int i = 0; i < 60; ++i) {
    chat.run("health_check", {}, {error(std::to_string(i))});
    chat.pass(minutes{1});
  }
  Problem oom;
  oom.id = "oom";
  oom.severity = Severity::high;
  chat.run("deep_check", {}, {oom});
  EXPECT_LE(chat.book.facts.size(), 25U);
  chat.pass(hours{2});
  chat.run("health_check", {});
  EXPECT_EQ(std::ranges::count(chat.heard(), 'f'), 7) << chat.heard();
  int times = 0;
  for (const Event& event : chat.told)
    times += event.kind == EventKind::fact ? event.fact.times : 0;
  EXPECT_EQ(times, 60);
}

TEST(Series, WaitsForTheEndOfASuppressionAndCountsOn) {
  Chat chat;
  chat.run("health_check", {}, {error("a")});
  chat.mute("", minutes{10});
  for (int i = 0; i < 2; ++i) {
    chat.pass(minutes{2});
    chat.run("health_check", {}, {error("a"), error("b", 2)});
  }
  EXPECT_EQ(chat.heard(), "f!");
  EXPECT_EQ(chat.book.facts.size(), 2U);
  chat.pass(minutes{10});
  chat.run("health_check", {});
  EXPECT_EQ(chat.heard(), "f!xf!");
  EXPECT_EQ(chat.told[1].fact.times, 3);
  EXPECT_EQ(chat.told[2].fact.times, 4);
}

TEST(Series, SaysThatItBeganInsideADeploy) {
  Chat chat;
  chat.touch_marker();
  chat.around.marker->label = "backend (ivan)";
  chat.run("health_check", {}, {error("a")});
  chat.remove_marker();
  chat.pass(minutes{2});
  chat.run("health_check", {}, {error("a"), error("b")});
  ASSERT_EQ(chat.heard(), "f!f!");
  const auto said = [&](std::size_t number) {
    return to_notice(chat.told[number], {}, chat.now()).live;
  };
  EXPECT_THAT(said(0), HasSubstr("Началось во время деплоя backend (ivan)\n"));
  EXPECT_THAT(said(1), Not(HasSubstr("деплоя"))) << "after it";
  chat.pass(minutes{2});
  chat.run("health_check", {}, {error("a")});
  ASSERT_EQ(chat.heard(), "f!f!x");
  EXPECT_THAT(said(2), HasSubstr("Началось во время деплоя backend (ivan)\n"));
}

TEST(Series, NoCountOverflows) {
  constexpr int many = 2'000'000'000;
  Chat chat;
  chat.mute("", minutes{10});
  for (int i = 0; i < 3; ++i) chat.run("health_check", {}, {error("a", many)});
  EXPECT_EQ(chat.book.facts.front().times, many);
  chat.pass(minutes{11});
  for (int i = 0; i < 3; ++i) chat.run("health_check", {}, {error("a", many)});
  EXPECT_EQ(chat.book.series.front().fact.times, many);
}

TEST(Series, IsNotEditedWhileAllIsMuted) {
  Chat chat;
  chat.run("health_check", {}, {error("a")});
  chat.pass(seconds{10});
  chat.run("health_check", {}, {error("a")});
  chat.mute("", minutes{10});
  chat.pass(minutes{5});
  chat.run("health_check", {});
  EXPECT_EQ(chat.heard(), "f!");
  chat.pass(minutes{6});
  chat.run("health_check", {});
  EXPECT_EQ(std::ranges::count(chat.heard(), 'x'), 1);
}

TEST(Series, OfLowSeverityIsNotTold) {
  Chat chat;
  Problem low = error("a");
  low.severity = Severity::low;
  chat.run("health_check", {}, {low});
  EXPECT_EQ(chat.heard(), "");
  EXPECT_EQ(chat.book.held.back().reason, "low");
}

TEST(Series, TheBookHoldsSoMany) {
  Chat chat;
  for (int i = 0; i < 300; ++i) {
    Series old;
    old.id = "site_errors:" + std::to_string(i);
    old.last = chat.now().tick;
    old.begun = chat.now().tick - minutes{30};
    chat.book.series.push_back(old);
  }
  chat.run("health_check", {}, {error("new")});
  EXPECT_EQ(chat.book.series.size(), 200U);
  EXPECT_EQ(chat.book.series.back().id, "site_errors:new");
  EXPECT_EQ(chat.book.series.front().id, "site_errors:101");
}

TEST(Series, IsEditedInItsMessage) {
  Chat chat;
  chat.run("health_check", {}, {error("a")});
  chat.pass(minutes{12});
  chat.run("health_check", {}, {error("a", 4)});
  const Notice notice = to_notice(chat.told.back(), {}, chat.now());
  EXPECT_EQ(notice.kind, NoticeKind::edit);
  EXPECT_EQ(notice.incident, chat.told.front().message);
  EXPECT_THAT(notice.live, HasSubstr("5 раз"));
}

TEST(Facts, HappenWhenTheRunBegan) {
  Chat chat;
  Problem fact = error("a");
  fact.times = 0;
  chat.run("health_check", {}, {fact});
  EXPECT_EQ(chat.told.back().fact.since, chat.now().tick);
  EXPECT_EQ(chat.told.back().fact.tool, "health_check");
}

TEST(Series, SurvivesTheBook) {
  Chat chat;
  chat.run("health_check", {}, {error("a", 3)});
  const auto book = parse_book(to_json(chat.book));
  ASSERT_TRUE(book) << book.error().message;
  EXPECT_EQ(book->series, chat.book.series);
}

}  // namespace
}  // namespace lectio
