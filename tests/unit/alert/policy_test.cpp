#include "alert/policy.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "alert/play.hpp"
#include "alert/suppression.hpp"

namespace lectio {
namespace {

using test::Chat;
using test::hours;
using test::minutes;
using test::play;
using test::seconds;
using test::Seen;
using testing::ElementsAre;

TEST(Told, AWarningIsToldInItsSecondRunInARow) {
  EXPECT_EQ(play("+---"), "..O.");
  EXPECT_EQ(play("+-+-+-"), "......");
  EXPECT_EQ(play("-+--"), "...O");
}

TEST(Told, ACriticalVerdictIsToldInTheRunThatFoundIt) { EXPECT_EQ(play("+XX"), ".O."); }

TEST(Told, WhatCouldNotBeDeterminedIsToldInItsSecondRun) { EXPECT_EQ(play("+???"), "..O."); }

TEST(Told, MediumIsQuietAndLowIsNotTold) {
  Chat chat;
  for (int i = 0; i < 3; ++i) {
    chat.run("health_check", {{"memory", '-', Severity::medium}, {"gdrive", '-', Severity::low}});
    chat.pass(minutes{1});
  }
  EXPECT_EQ(chat.heard(), "O");
  EXPECT_EQ(chat.book.held.back().reason, "low");
}

TEST(Told, EveryLookOfAnHourlyToolCounts) {
  Chat chat;
  chat.run("deep_check", {{"certificate", '-', Severity::high}});
  EXPECT_EQ(chat.heard(), "O!");
}

// deep_check looks at what health_check looks at every minute.
TEST(Told, WhatASlowToolSharesWaitsForTheQuickOne) {
  const Seen bad{.id = "memory", .look = '-', .severity = Severity::high, .confirm_runs = 2};
  Chat chat;
  chat.run("deep_check", {bad});
  chat.pass(minutes{1});
  chat.run("health_check", {{"memory", '+'}});
  EXPECT_EQ(chat.heard(), "");
  chat.run("deep_check", {bad});
  chat.pass(minutes{1});
  chat.run("health_check", {{"memory", '-', Severity::high}});
  EXPECT_EQ(chat.heard(), "O!");
}

TEST(Told, TwoToolsThatLookInOneMomentHaveLookedOnce) {
  const Seen slow{.id = "memory", .look = '-', .severity = Severity::high, .confirm_runs = 2};
  const Seen quick{"memory", '-', Severity::high};
  for (const bool is_slow_first : {false, true}) {
    Chat chat;
    chat.run(is_slow_first ? "deep_check" : "health_check", {is_slow_first ? slow : quick});
    chat.run(is_slow_first ? "health_check" : "deep_check", {is_slow_first ? quick : slow});
    EXPECT_EQ(chat.heard(), "") << is_slow_first;
    chat.pass(minutes{1});
    chat.run("health_check", {quick});
    EXPECT_EQ(chat.heard(), "O!") << is_slow_first;
  }
}

TEST(Ended, TheQuickerOfTwoToolsDecides) {
  Chat chat;
  chat.run("health_check", {{"workers", 'X'}});
  chat.pass(minutes{1});
  chat.run("deep_check", {{"workers", '+'}});
  EXPECT_EQ(chat.heard(), "O!");
  chat.run("health_check", {{"workers", '+'}});
  EXPECT_EQ(chat.heard(), "O!") << "both have looked at the same moment";
  chat.pass(minutes{1});
  chat.run("health_check", {{"workers", '+'}});
  EXPECT_EQ(chat.heard(), "O!C!");
  Chat alone;
  alone.run("health_check", {{"workers", 'X'}});
  alone.pass(hours{1});
  alone.run("deep_check", {{"workers", '+'}});
  EXPECT_EQ(alone.heard(), "O!C!") << "the quick one looks no more";
}

TEST(Ended, AMinutelyToolMustSeeItWellTwice) {
  EXPECT_EQ(play("XX++"), "O..C");
  EXPECT_EQ(play("X+X+X++"), "O....eC");
}

TEST(Ended, AToolThatLooksRarelyOnce) {
  Chat chat;
  chat.run("smoke_check", {{"lessons", 'X'}});
  chat.pass(minutes{5});
  chat.run("smoke_check", {{"lessons", '+'}});
  EXPECT_EQ(chat.heard(), "O!C!");
}

TEST(Ended, NeverByBeingSkippedAbsentOrUnknown) {
  Chat chat;
  chat.run("health_check", {{"workers", 'X'}});
  for (const char look : {'s', '?', '?', 's'}) {
    chat.pass(minutes{1});
    chat.run("health_check", {{"workers", look}, {"disk", '+'}});
  }
  chat.pass(minutes{1});
  chat.run("smoke_check", {{"lessons", '+'}});
  EXPECT_EQ(chat.heard(), "O!e") << "the duration, nothing else";
}

TEST(Ended, ACheckThatItsToolNoLongerHasIsClosed) {
  Chat chat;
  chat.run("health_check", {{"unit:redis", 'X'}, {"disk", '+'}});
  chat.pass(minutes{1});
  chat.run("health_check", {{"disk", '+'}});
  EXPECT_EQ(chat.heard(), "O!C!");
  EXPECT_EQ(chat.told.back().view.ended.front().code, "retired");
}

TEST(Ended, NamesTheRepairAfterWhichNothingWasBadAnyMore) {
  Chat chat;
  Problem repair;
  repair.id = "backend";
  repair.texts.repair = "restart";
  const auto run = [&](char look, const std::vector<Problem>& facts = {}) {
    chat.pass(minutes{1});
    chat.run("health_check", {{"backend", look}}, facts);
  };
  run('X');
  run('+', {repair});
  run('X');
  for (int i = 0; i < 4; ++i) run('+');
  EXPECT_EQ(chat.last(EventKind::closed).view.incident.repair, "") << "it was bad again after it";
  chat.pass(hours{1});
  run('X');
  run('+', {repair});
  for (int i = 0; i < 4; ++i) run('+');
  EXPECT_EQ(chat.last(EventKind::closed).view.incident.repair, "restart");
}

TEST(Ended, WhatItsToolLeavesOutFromNowOnIsClosedOnceItIsNoSingleRun) {
  Chat chat;
  chat.run("smoke_check", {{"payment", 'X'}, {"lessons", '+'}});
  chat.left_out = {"payment"};
  const auto heard_after = [&](int runs) {
    for (int i = 0; i < runs; ++i) {
      chat.pass(minutes{5});
      chat.run("smoke_check", {{"lessons", '+'}});
    }
    return chat.heard();
  };
  EXPECT_EQ(heard_after(3), "O!eee");
  ASSERT_EQ(heard_after(1), "O!eeeC!");
  EXPECT_EQ(chat.told.back().view.ended.front().code, "retired");
}

TEST(Ended, WhatWasNeverToldEndsWithoutAWord) { EXPECT_EQ(play("+-+++"), "....."); }

TEST(Ended, TheIncidentGoesIntoTheHistoryWhenItCannotReturnAnyMore) {
  Chat chat;
  chat.run("health_check", {{"disk", 'X'}});
  for (int i = 0; i < 20; ++i) {
    chat.pass(minutes{1});
    chat.run("health_check", {{"disk", '+'}});
  }
  ASSERT_EQ(chat.past.size(), 1U);
  EXPECT_EQ(chat.past[0].cause_id, "disk");
  EXPECT_EQ(chat.past[0].lasted, minutes{2});
  EXPECT_TRUE(chat.book.problems.empty());
  EXPECT_TRUE(chat.book.incidents.empty());
}

const std::vector<Seen> dead_backend{{"backend_service", 'X'},
                                     {"backend", 'X', Severity::critical, {"backend_service"}}};
const std::vector<Seen> smoke_without_backend{
    {"api_health", 'X', Severity::critical, {"backend", "backend_service"}},
    {"teacher_login", 'X', Severity::critical, {"api_health", "backend"}},
    {"lessons", 's', Severity::critical, {"teacher_login", "api_health"}}};

std::vector<Seen> well(std::vector<Seen> checks) {
  for (Seen& check : checks) check.look = '+';
  return checks;
}

TEST(Causes, OneIncidentWhicheverToolIsFirst) {
  Chat health_first;
  health_first.run("health_check", dead_backend);
  health_first.run("smoke_check", smoke_without_backend);
  Chat smoke_first;
  smoke_first.run("smoke_check", smoke_without_backend);
  smoke_first.run("health_check", dead_backend);
  for (Chat* chat : {&health_first, &smoke_first}) {
    EXPECT_EQ(chat->heard(), "O!e");
    const IncidentView& view = chat->told.back().view;
    EXPECT_EQ(view.incident.root, "backend_service");
    EXPECT_EQ(view.bad.size(), 4U);
    EXPECT_EQ(view.behind.size(), 1U);
    EXPECT_THAT(view.tools, ElementsAre("health_check", "smoke_check"));
  }
}

TEST(Causes, WhatNothingExplainsIsAnIncidentOfItsOwn) {
  Chat chat;
  chat.run("health_check", {{"nginx_service", 'X'}, {"disk", 'X', Severity::high}});
  EXPECT_EQ(chat.heard(), "O!O!");
}

TEST(Causes, WhatOneRunFindsAndOneCauseWouldExplainIsOneIncident) {
  Chat chat;
  chat.run("smoke_check", {{"frontend", 'X', Severity::critical, {"public_page", "nginx_service"}},
                           {"api_health", 'X', Severity::critical, {"backend", "nginx_service"}},
                           {"certificate", 'X', Severity::critical}});
  EXPECT_EQ(chat.heard(), "O!O!");
  EXPECT_THAT(chat.told[0].view.incident.checks, ElementsAre("frontend", "api_health"));
  chat.run("health_check", {{"nginx_service", 'X'}});
  EXPECT_EQ(chat.heard(), "O!O!e");
  EXPECT_EQ(chat.told.back().view.incident.root, "nginx_service");
}

TEST(Causes, TwoIncidentsThatTurnOutToBeOneAreMergedIntoTheEarlier) {
  const Seen teacher{"teacher_login", 'X', Severity::critical, {"api_health"}};
  const Seen student{"student_login", 'X', Severity::critical, {"api_health"}};
  Chat chat;
  chat.run("smoke_check", {teacher, {"student_login", '+'}, {"api_health", '+'}});
  chat.pass(minutes{5});
  chat.run("smoke_check", {teacher, student, {"api_health", '+'}});
  EXPECT_EQ(chat.heard(), "O!eO!");
  chat.pass(minutes{5});
  const auto events = chat.run("smoke_check", {teacher, student, {"api_health", 'X'}});
  EXPECT_EQ(chat.heard(), "O!eO!Me");
  EXPECT_EQ(events[0].into, 1U);
  EXPECT_EQ(events[1].view.incident.root, "api_health");
  EXPECT_EQ(events[1].view.bad.size(), 3U);
}

TEST(Causes, AStaleOneExplainsNothing) {
  Chat chat;
  chat.run("health_check", dead_backend);
  chat.pass(minutes{10});
  chat.run("smoke_check", {{"api_health", 'X', Severity::critical, {"backend_service"}}});
  EXPECT_EQ(chat.heard(), "O!eO!") << "cron no longer runs health_check";
}

TEST(Causes, OneThatWasWellOnceStillExplainsWhatASlowerToolMeets) {
  Chat chat;
  chat.run("health_check", dead_backend);
  chat.pass(minutes{1});
  chat.run("health_check", well(dead_backend));
  chat.run("smoke_check", smoke_without_backend);
  EXPECT_EQ(chat.heard(), "O!e");
}

TEST(Causes, TheIncidentClosesWhenAllOfItIsWell) {
  Chat chat;
  chat.run("health_check", dead_backend);
  chat.run("smoke_check", smoke_without_backend);
  for (int i = 0; i < 3; ++i) {
    chat.pass(minutes{1});
    chat.run("health_check", well(dead_backend));
  }
  EXPECT_EQ(chat.heard(), "O!ee");
  EXPECT_EQ(chat.told.back().view.incident.root, "api_health") << "what remains is the title";
  chat.pass(minutes{2});
  chat.run("smoke_check", well(smoke_without_backend));
  EXPECT_EQ(chat.heard(), "O!eeC!");
  EXPECT_EQ(chat.told.back().view.incident.cause, "backend_service");
}

TEST(Causes, AConsequenceThatIsLookedAtHourlyDoesNotHoldItOpen) {
  Chat chat;
  const std::vector<Seen> deep{{"nginx_5xx", '-', Severity::high, {"backend_service"}}};
  chat.run("health_check", dead_backend);
  chat.run("deep_check", deep);
  for (int i = 0; i < 2; ++i) {
    chat.pass(minutes{1});
    chat.run("health_check", well(dead_backend));
  }
  EXPECT_EQ(chat.heard(), "O!eC!");
  chat.pass(minutes{58});
  chat.run("deep_check", deep);
  EXPECT_EQ(chat.heard(), "O!eC!O!") << "still bad: one of its own";
}

TEST(Causes, AndOpensItsOwnWhenThatLookComesSoonAfterTheEnd) {
  Chat chat;
  const std::vector<Seen> deep{{"nginx_5xx", '-', Severity::high, {"backend_service"}}};
  chat.settings.reminders.clear();
  chat.run("deep_check", deep);
  for (int minute = 0; minute < 48; ++minute) {
    chat.run("health_check", dead_backend);
    chat.pass(minutes{1});
  }
  for (int i = 0; i < 2; ++i) {
    chat.run("health_check", well(dead_backend));
    chat.pass(minutes{1});
  }
  EXPECT_EQ(std::ranges::count(chat.heard(), 'C'), 1);
  chat.pass(minutes{10});
  chat.run("deep_check", deep);
  ASSERT_EQ(chat.book.incidents.size(), 2U) << chat.heard();
  EXPECT_EQ(chat.told.back().kind, EventKind::opened);
  EXPECT_EQ(chat.told.back().view.incident.root, "nginx_5xx");
}

TEST(Raised, AReplyWithSound) {
  Chat chat;
  for (const char look : {'-', '-', 'X', 'X'}) {
    chat.run("health_check", {{"disk", look, Severity::high}});
    chat.pass(minutes{1});
  }
  EXPECT_EQ(chat.heard(), "O!R!");
}

TEST(Raised, AWarningThatMayBeTheNetworksIsBelievedInItsThirdRun) {
  Chat chat;
  for (int i = 0; i < 4; ++i) {
    chat.run("health_check", {{"public_page", '-', Severity::critical, {}, 3}});
    if (i == 1) {
      EXPECT_EQ(chat.heard(), "");
    }
    chat.pass(minutes{1});
  }
  EXPECT_EQ(chat.heard(), "O!");
  EXPECT_EQ(chat.told[0].view.incident.status, Status::critical);
}

TEST(Reminders, AsConfiguredAndNoOthers) {
  Chat chat;
  for (int minute = 0; minute < 24 * 60; ++minute) {
    for (const Event& event : chat.run("health_check", {{"disk", 'X'}})) {
      if (event.kind != EventKind::reminder) continue;
      EXPECT_TRUE(event.loud);
      EXPECT_THAT(minute, testing::AnyOf(30, 120, 360, 720, 1080)) << minute;
    }
    chat.pass(minutes{1});
  }
  EXPECT_EQ(std::ranges::count(chat.heard(), 'r'), 5);
}

TEST(Reminders, WaitForTheCooldownOfAnotherSound) {
  const std::string heard = play(std::string(30, '-') + std::string(7, 'X'));
  EXPECT_EQ(heard.substr(0, 2), ".O");
  EXPECT_EQ(heard.find('r'), 35U) << heard;
  EXPECT_EQ(heard.find('R'), 30U) << heard;
}

TEST(LiveMessage, ItsDurationIsKeptUp) {
  Chat chat;
  for (int minute = 0; minute < 16; ++minute) {
    chat.run("health_check", {{"disk", 'X'}});
    chat.pass(minutes{1});
  }
  EXPECT_EQ(chat.heard(), "O!eee");
}

TEST(Again, AReturnContinuesTheIncidentAndMakesOneSound) {
  EXPECT_EQ(play("X+++++XX"), "O.C...A.");
  EXPECT_EQ(play("X++XXXX"), "O.Ce.A.") << "the cooldown is over, and it is still bad";
}

std::string play_heard(Chat& chat, std::string_view looks) {
  const std::string before = chat.heard();
  for (const char look : looks) {
    chat.run("health_check", {{"disk", look, Severity::high}});
    chat.pass(minutes{1});
  }
  return chat.heard().substr(before.size());
}

TEST(Again, ThenItIsFlappingAndQuietUntilItIsSteadilyWell) {
  Chat chat;
  EXPECT_EQ(play_heard(chat, "X++++X"), "O!C!A!") << "the cooldown has passed";
  const std::string flapping = play_heard(chat, "++X++X++X++");
  EXPECT_EQ(flapping.find('!'), std::string::npos) << flapping;
  const std::string settled = play_heard(chat, "+++++++++++++++");
  EXPECT_EQ(std::ranges::count(settled, 'C'), 1) << settled;
  EXPECT_EQ(std::ranges::count(settled, '!'), 1) << settled;
  EXPECT_EQ(chat.book.incidents.size(), 1U);
}

TEST(Again, OrSteadilyBad) {
  Chat chat;
  EXPECT_EQ(play_heard(chat, "X++++X"), "O!C!A!");
  const std::string settled = play_heard(chat, "++XXXXXXXXXXXXXXXXXX");
  EXPECT_EQ(std::ranges::count(settled, '!'), 1) << settled;
  EXPECT_EQ(std::ranges::count(settled, 'S'), 1) << settled;
}

std::vector<std::string> reasons(const Chat& chat) {
  std::vector<std::string> reasons;
  for (const Held& held : chat.book.held) reasons.push_back(held.reason);
  return reasons;
}

TEST(Again, WhyNobodyHearsOfItIsNoted) {
  Chat chat;
  EXPECT_EQ(play_heard(chat, "X++X"), "O!C!e");
  ASSERT_THAT(reasons(chat), ElementsAre("cooldown"));
  EXPECT_EQ(chat.book.held.back().id, "disk");
  EXPECT_EQ(play_heard(chat, "XXX"), "A!");
  EXPECT_THAT(reasons(chat), ElementsAre("cooldown")) << "it was heard";
  play_heard(chat, "++X");
  EXPECT_THAT(reasons(chat), ElementsAre("cooldown", "flapping"));
}

TEST(Again, AReturnThatIsHeardAtOnceIsNotHeldBack) {
  Chat chat;
  EXPECT_EQ(play_heard(chat, "X++++X"), "O!C!A!");
  EXPECT_THAT(reasons(chat), ElementsAre());
}

TEST(Again, AReturnAfterAQuarterOfAnHourIsANewIncident) {
  Chat chat;
  EXPECT_EQ(play_heard(chat, "X++" + std::string(16, '+') + "X"), "O!C!O!");
}

// What stops the site: its database, or its service.
std::vector<Seen> site(char database, char service, char backend) {
  return {{"backend", backend, Severity::critical, {"unit:postgresql", "backend_service"}},
          {"unit:postgresql", database},
          {"backend_service", service}};
}
const std::vector<Seen> no_database = site('X', '+', 'X');
const std::vector<Seen> no_service = site('+', 'X', 'X');
const std::vector<Seen> all_well = site('+', '+', '+');

std::string hear(Chat& chat, const std::vector<std::vector<Seen>>& minutes_seen) {
  chat.told.clear();
  for (const std::vector<Seen>& seen : minutes_seen) {
    chat.run("health_check", seen);
    chat.pass(minutes{1});
  }
  return chat.heard();
}

std::string minutes_of(Chat& chat, int count, const std::vector<Seen>& seen) {
  return hear(chat, std::vector<std::vector<Seen>>(static_cast<std::size_t>(count), seen));
}

std::ptrdiff_t sounds(const std::string& heard) { return std::ranges::count(heard, '!'); }

std::vector<Seen> slow_site(char database, char service, char backend) {
  auto seen = site(database, service, backend);
  for (Seen& check : seen) check.severity = Severity::high;
  return seen;
}

TEST(NewCause, SoonAfterAnEndItIsAnIncidentOfItsOwn) {
  Chat chat;
  EXPECT_EQ(hear(chat, {no_database, all_well, all_well, no_service}), "O!C!O!");
  EXPECT_EQ(chat.last(EventKind::opened).view.incident.root, "backend_service");
  EXPECT_EQ(hear(chat, {no_service, all_well, all_well, no_service}), "C!e")
      << "the same cause has its cooldown";
}

TEST(NewCause, EachComesAgainAsWhatItWas) {
  Chat chat;
  const std::vector<std::vector<Seen>> turn{no_database, all_well, all_well,
                                            no_service,  all_well, all_well};
  EXPECT_EQ(hear(chat, turn), "O!C!O!C!");
  std::string then;
  for (int i = 0; i < 5; ++i) then += hear(chat, turn);
  EXPECT_THAT(then, testing::StartsWith("A!"));
  EXPECT_EQ(sounds(then), 1) << then;
}

TEST(NewCause, ThatIsNotBelievedYetOrIsQuietIsNone) {
  for (const Seen& cause :
       {Seen{"workers", '-', Severity::critical},
        Seen{.id = "memory", .look = '-', .severity = Severity::medium, .confirm_runs = 1}}) {
    auto seen = site('+', '+', 'X');
    seen.push_back(cause);
    seen[0].explained_by.push_back(cause.id);
    Chat chat;
    EXPECT_EQ(hear(chat, {site('+', '+', 'X'), all_well, all_well, seen}), "O!C!e") << cause.id;
  }
}

TEST(NewCause, WhatIsWorseThanTheFirstDoesNotWaitForIt) {
  auto slow_database = site('-', '+', '+');
  slow_database[1].severity = Severity::high;
  auto down = slow_database;
  down[0].look = 'X';
  Chat chat;
  EXPECT_EQ(hear(chat, {slow_database, slow_database, all_well, all_well, down}), "O!C!O!");
}

// Only the lessons fail, and hold the incident open, when the whole site falls; later once more.
TEST(NewCause, ThatBeganMuchLaterThanItsConsequenceIsHeard) {
  const Seen lessons{"lessons", 'X', Severity::critical, {"backend", "backend_service"}};
  Chat chat;
  const auto hear_after_a_while = [&] {
    for (int i = 0; i < 4; ++i) {
      chat.run("smoke_check", {lessons});
      minutes_of(chat, 5, all_well);
    }
    return hear(chat, {no_service, no_service});
  };
  EXPECT_EQ(hear_after_a_while(), "N!");
  EXPECT_EQ(hear_after_a_while(), "N!");
}

TEST(NewCause, OneThatComesAgainInAnotherIncidentIsHeardOnce) {
  Chat chat;
  const auto neither = site('X', 'X', 'X');
  EXPECT_EQ(hear(chat, {no_database, no_database, neither, no_database, no_database}), "O!O!C!");
  const std::string then = hear(chat, {no_service, no_service, no_service, no_service});
  EXPECT_EQ(sounds(then), 1) << then;
}

TEST(NewCause, InAnOpenIncidentItIsHeardOnce) {
  for (const bool is_well_between : {false, true}) {
    Chat chat;
    EXPECT_EQ(hear(chat, {no_database}), "O!");
    if (is_well_between) hear(chat, {all_well});
    EXPECT_EQ(hear(chat, {no_service}), "N!") << is_well_between;
    EXPECT_EQ(chat.last(EventKind::new_cause).view.incident.root, "backend_service");
    const std::string then = hear(chat, {no_service, all_well, no_service});
    EXPECT_EQ(sounds(then), 0) << then;
    EXPECT_EQ(hear(chat, {all_well, all_well}), "C!");
    EXPECT_EQ(chat.last(EventKind::closed).view.incident.cause_id, "backend_service");
  }
}

// As a whole incident would be: once with a sound, then it is flapping.
TEST(NewCause, TheFirstThatComesAgainIsHeardOnce) {
  Chat chat;
  EXPECT_EQ(hear(chat, {no_database, all_well, no_service}), "O!N!");
  minutes_of(chat, 5, no_service);
  EXPECT_EQ(hear(chat, {no_database}), "A!");
  const std::string then = hear(chat, {no_service, no_service, no_database, no_database});
  EXPECT_EQ(sounds(then), 0) << then;
}

TEST(NewCause, TheFirstThatComesAgainIsHeardThoughItIsTheWorst) {
  const auto slow = [](char database, char service) {
    auto seen = site(database, service, '-');
    seen[0].severity = Severity::high;
    return seen;
  };
  Chat chat;
  EXPECT_EQ(hear(chat, {slow('X', '+'), slow('X', '+'), all_well, slow('+', 'X')}), "O!eN!");
  minutes_of(chat, 6, slow('+', 'X'));
  EXPECT_EQ(hear(chat, {slow('X', '+')}), "A!");
}

// The slow tool meets it first, then each minute shows a little more of it.
TEST(NewCause, AChainOfCausesIsOne) {
  Chat chat;
  chat.run("smoke_check",
           {{"api_health", 'X', Severity::critical, {"backend", "backend_service"}}});
  EXPECT_EQ(sounds(chat.heard()), 1);
  EXPECT_EQ(sounds(hear(chat, {all_well, site('+', '+', 'X'), no_service, no_service})), 0);
}

TEST(NewCause, ThatComesAgainBesideTheOtherIsHeard) {
  Chat chat;
  hear(chat, {no_database, no_service});
  minutes_of(chat, 7, no_service);
  EXPECT_EQ(hear(chat, {site('X', 'X', 'X')}), "A!");
  EXPECT_EQ(chat.last(EventKind::again).view.incident.root, "unit:postgresql");
  EXPECT_EQ(sounds(minutes_of(chat, 3, no_database)), 0) << "it was heard";
}

TEST(NewCause, ThatComesAgainSoonIsNotTakenForTheOther) {
  Chat chat;
  EXPECT_EQ(sounds(hear(chat, {no_database, no_service, no_service, no_service})), 2);
  EXPECT_EQ(sounds(minutes_of(chat, 4, site('X', 'X', 'X'))), 1);
}

TEST(NewCause, BehindWhatIsWellAgainIsHeard) {
  Chat chat;
  EXPECT_EQ(hear(chat, {site('+', '+', 'X'), site('+', 'X', '+')}), "O!N!");
}

TEST(NewCause, WhatTheCauseHasLeftBehindIsNone) {
  const Seen api{"api_health", 'X', Severity::critical, {"backend", "backend_service"}};
  Chat chat;
  chat.run("health_check", no_service);
  chat.run("smoke_check", {api});
  minutes_of(chat, 4, all_well);
  chat.told.clear();
  chat.run("smoke_check", {api});
  EXPECT_EQ(sounds(chat.heard()), 0);
}

TEST(NewCause, InsideAMuteItIsHeardAfterIt) {
  const Seen lessons{"lessons", 'X', Severity::critical, {"backend", "backend_service"}};
  Chat chat;
  chat.run("health_check", no_service);
  chat.run("smoke_check", {lessons});
  minutes_of(chat, 4, all_well);
  chat.mute("backend_service", minutes{6});
  chat.run("smoke_check", {lessons});
  EXPECT_EQ(sounds(minutes_of(chat, 5, no_service)), 0);
  chat.run("smoke_check", {lessons});
  EXPECT_EQ(sounds(minutes_of(chat, 2, no_service)), 1);
}

TEST(NewCause, InsideADeployItIsHeardAfterIt) {
  const Seen lessons{"lessons", 'X', Severity::critical, {"backend", "unit:postgresql"}};
  Chat chat;
  chat.run("health_check", no_database);
  for (int i = 0; i < 5; ++i) {
    chat.run("smoke_check", {lessons});
    minutes_of(chat, 5, all_well);
  }
  chat.touch_marker();
  EXPECT_EQ(hear(chat, {no_database}), "");
  chat.remove_marker();
  chat.pass(seconds{20});
  EXPECT_EQ(sounds(hear(chat, {no_database, no_database})), 1);
}

TEST(NewCause, ThatMakesItCriticalDoesNotWait) {
  Chat chat;
  hear(chat, {slow_site('-', '+', '-'), slow_site('-', '+', '-')});
  minutes_of(chat, 2, slow_site('+', '+', '-'));
  EXPECT_EQ(hear(chat, {slow_site('X', '+', '-')}), "R!");
  EXPECT_FALSE(chat.book.incidents.front().flapping);
}

TEST(NewCause, ThatIsAWarningIsBelievedInItsSecondRun) {
  Chat chat;
  hear(chat, {slow_site('-', '+', '-'), slow_site('-', '+', '-')});
  minutes_of(chat, 6, slow_site('+', '+', '-'));
  EXPECT_EQ(sounds(hear(chat, {slow_site('-', '+', '-')})), 0);
  EXPECT_EQ(sounds(hear(chat, {slow_site('-', '+', '-')})), 1);
}

TEST(NewCause, IsNotSaidOfOneThatIsWellByThen) {
  Chat chat;
  chat.settings.cooldown = minutes{10};
  hear(chat, {no_database});
  minutes_of(chat, 4, site('+', '+', 'X'));
  EXPECT_EQ(sounds(hear(chat, {no_database})), 0) << "the cooldown";
  EXPECT_EQ(sounds(minutes_of(chat, 8, site('+', '+', 'X'))), 0);
}

TEST(NewCause, OwedByAnIncidentThatIsMergedIsNotForgotten) {
  auto doubtful = site('X', '-', 'X');
  auto alone = site('+', '-', 'X');
  for (auto* seen : {&doubtful, &alone}) seen->back().severity = Severity::high;
  Chat chat;
  EXPECT_EQ(hear(chat, {doubtful, doubtful}), "O!O!");
  minutes_of(chat, 6, no_database);
  EXPECT_EQ(sounds(minutes_of(chat, 6, alone)), 1);
}

TEST(NewCause, OfAFlappingIncidentBeginsItsTimeAnew) {
  const auto alone = site('+', '+', 'X');
  Chat chat;
  hear(chat, {alone, all_well, all_well});
  EXPECT_THAT(minutes_of(chat, 11, alone), testing::HasSubstr("A!"));
  const std::string then = minutes_of(chat, 10, no_service);
  EXPECT_EQ(then, "N!e");
}

// smoke_check, which looks every five minutes, keeps the incident open meanwhile.
TEST(NewCause, ThatIsTheSameOneAgainIsHeardOnce) {
  const Seen api{"api_health", 'X', Severity::critical, {"backend_service"}};
  Chat chat;
  chat.settings.cooldown = minutes{1};
  chat.run("health_check", no_service);
  chat.run("smoke_check", {api});
  EXPECT_EQ(hear(chat, {no_service, all_well, all_well}), "e");
  EXPECT_EQ(hear(chat, {no_service}), "A!");
}

TEST(NewCause, IsHeardWhenItIsBelievedLater) {
  auto no_queue = site('+', '+', 'X');
  no_queue.push_back({"unit:redis", '-', Severity::high});
  no_queue[0].explained_by.push_back("unit:redis");
  Chat chat;
  EXPECT_EQ(hear(chat, {no_database, no_queue, no_queue}), "O!eN!");
}

TEST(NewCause, ThatIsQuietMakesNoSound) {
  auto little_memory = site('+', '+', 'X');
  little_memory.push_back(
      {.id = "memory", .look = '-', .severity = Severity::medium, .confirm_runs = 1});
  little_memory[0].explained_by.push_back("memory");
  Chat chat;
  EXPECT_EQ(hear(chat, {no_database, little_memory}), "O!e");
}

TEST(NewCause, IsNotADeeperOneOfWhatIsStillBad) {
  Chat chat;
  EXPECT_EQ(hear(chat, {site('+', '+', 'X'), no_service}), "O!e");
}

TEST(NewCause, BesideTheFirstItIsAnIncidentToTheEnd) {
  const auto neither = site('X', 'X', 'X');
  for (const auto& first : {no_database, no_service}) {
    Chat chat;
    EXPECT_EQ(hear(chat, {first, neither, all_well, all_well}), "O!O!C!C!");
  }
}

TEST(NewCause, ThatWasHeardIsNoNewsOfTheIncidentThatItComesTo) {
  Chat chat;
  EXPECT_EQ(hear(chat, {no_database, site('X', 'X', 'X')}), "O!O!");
  EXPECT_EQ(hear(chat, {no_service, no_service}), "Mee");
}

TEST(NewCause, WhatTheFirstHasLeftBehindIsStillItsOwn) {
  const Seen lessons{"lessons", 's', Severity::high, {"backend"}};
  auto down = no_database;
  auto left = site('+', '+', 'X');
  for (auto* seen : {&down, &left}) seen->push_back(lessons);
  Chat chat;
  EXPECT_EQ(hear(chat, {down, left}), "O!") << "nothing of the message has changed";
}

// Two tools in one second: the slow one meets it before anybody has looked at what explains it.
TEST(NewCause, IsHeardOnceWhicheverToolIsFirst) {
  const Seen api{"api_health", 'X', Severity::critical, {"backend", "backend_service"}};
  Chat chat;
  chat.run("smoke_check", {api});
  hear(chat, {no_database});
  chat.run("smoke_check", {{"api_health", '+'}});
  EXPECT_EQ(hear(chat, {all_well, all_well}), "C!");
  chat.told.clear();
  chat.run("smoke_check", {api});
  chat.run("health_check", no_service);
  EXPECT_EQ(sounds(chat.heard()), 1) << chat.heard();
  const std::string then = minutes_of(chat, 10, no_service);
  EXPECT_EQ(sounds(then), 0) << then;
}

// «Again» names what is seen; what is found behind it later is no news.
TEST(NewCause, BehindWhatCameAgainItIsQuiet) {
  Chat chat;
  chat.settings.cooldown = minutes{1};
  EXPECT_EQ(hear(chat, {no_database, all_well, all_well, site('+', '+', 'X')}), "O!C!A!");
  EXPECT_EQ(hear(chat, {no_service}), "e");
}

TEST(Cooldown, LongerThanTheReturnItHoldsTheNextMessage) {
  Chat chat;
  chat.settings.cooldown = hours{2};
  EXPECT_EQ(play_heard(chat, "X++" + std::string(16, '+') + "XX++"), "O!C!");
  EXPECT_EQ(chat.book.held.back().reason, "cooldown");
  EXPECT_EQ(play_heard(chat, std::string(96, '+') + "X" + std::string(10, 'X')).substr(0, 2), "O!");
}

TEST(Deploy, NothingIsToldInside) {
  Chat chat;
  chat.touch_marker();
  for (int i = 0; i < 4; ++i) {
    chat.run("health_check", dead_backend);
    chat.pass(minutes{1});
  }
  chat.remove_marker();
  chat.pass(seconds{20});
  chat.run("health_check", well(dead_backend));
  EXPECT_EQ(chat.heard(), "");
  EXPECT_EQ(chat.book.held[0].reason, "deploy");
  EXPECT_TRUE(chat.book.problems.empty());
}

TEST(Deploy, TheBookTellsAnEndThatIsHeldBackFromAFailure) {
  Chat chat;
  chat.run("health_check", {{"disk", 'X'}});
  ASSERT_EQ(chat.heard(), "O!");
  chat.touch_marker();
  for (const char status : {'+', '+', '+', 'X'}) {
    chat.pass(minutes{1});
    chat.run("health_check", {{"disk", status}});
  }
  ASSERT_EQ(chat.heard(), "O!");
  std::string held;
  for (const Held& one : chat.book.held)
    held += fmt::format("{}:{} ", one.id, to_string(one.status));
  EXPECT_EQ(held, "disk:ok ");
}

TEST(Deploy, WhatIsStillBadAfterItIsToldAtOnceWithItsTrueStart) {
  Chat chat;
  chat.touch_marker();
  chat.around.marker->label = "backend (ivan)";
  const Tick start = chat.now().tick;
  chat.run("health_check", dead_backend);
  chat.pass(minutes{1});
  chat.run("health_check", dead_backend);
  chat.remove_marker();
  chat.pass(seconds{5});
  chat.run("health_check", dead_backend);
  EXPECT_EQ(chat.heard(), "") << "it has not settled";
  chat.pass(seconds{11});
  chat.run("health_check", dead_backend);
  EXPECT_EQ(chat.heard(), "O!");
  EXPECT_EQ(chat.told[0].view.incident.opened, start);
  EXPECT_EQ(chat.told[0].view.incident.deploy, "backend (ivan)");
}

TEST(Deploy, IsRememberedFromItsBeginToItsEndUntilThereIsAnother) {
  Chat chat;
  const Tick begin = chat.now().tick;
  chat.touch_marker();
  chat.run("health_check", {});
  chat.pass(minutes{3});
  chat.remove_marker();
  const Tick end = chat.now().tick;
  chat.pass(seconds{20});
  for (int run = 0; run < 3; ++run) {
    chat.run("health_check", {});
    chat.pass(minutes{10});
    chat.step_wall(Milliseconds{-300});  // the directory's time is on another clock
  }
  EXPECT_EQ(chat.book.marker.first, begin);
  EXPECT_EQ(chat.book.marker.ended, end);
  EXPECT_EQ(chat.book.marker.label, "deploy_in_progress");
  chat.remove_marker();  // of one between two runs
  const Tick trace = chat.now().tick;
  chat.pass(seconds{20});
  chat.run("health_check", {});
  EXPECT_EQ(chat.book.marker.first, trace) << "the time between the two was no deploy";
  EXPECT_EQ(chat.book.marker.ended, trace);
}

TEST(Deploy, ATooShortOneIsKnownByItsTrace) {
  Chat chat;
  chat.run("health_check", well(dead_backend));
  chat.pass(minutes{1});
  chat.remove_marker();  // made and removed between two runs
  chat.pass(seconds{3});
  chat.run("health_check", dead_backend);
  EXPECT_EQ(chat.heard(), "");
  chat.pass(seconds{15});
  chat.run("health_check", dead_backend);
  EXPECT_EQ(chat.heard(), "O!");
}

TEST(Deploy, AToldIncidentIsClosedAfterIt) {
  Chat chat;
  chat.run("health_check", dead_backend);
  chat.pass(minutes{1});
  chat.touch_marker();
  for (int i = 0; i < 3; ++i) {
    chat.run("health_check", well(dead_backend));
    chat.pass(minutes{1});
  }
  EXPECT_EQ(chat.heard(), "O!");
  chat.remove_marker();
  chat.pass(minutes{1});
  chat.run("health_check", well(dead_backend));
  EXPECT_EQ(chat.heard(), "O!C!");
}

TEST(Deploy, AReminderWaitsForItsEnd) {
  Chat chat;
  for (int minute = 0; minute < 28; ++minute) {
    chat.run("health_check", dead_backend);
    chat.pass(minutes{1});
  }
  const std::string before = chat.heard();
  for (int minute = 28; minute < 36; ++minute) {
    chat.touch_marker();
    chat.run("health_check", dead_backend);
    chat.pass(minutes{1});
  }
  EXPECT_EQ(chat.heard(), before) << "no reminder, no edit";
  chat.remove_marker();
  chat.pass(minutes{1});
  chat.run("health_check", dead_backend);
  EXPECT_EQ(chat.heard().substr(before.size(), 2), "r!");
}

TEST(Mutes, AReturnInsideKeepsItsTrueStartWhenTheIncidentIsLongPast) {
  Chat chat;
  chat.run("health_check", dead_backend);
  for (int minute = 0; minute < 3; ++minute) {
    chat.pass(minutes{1});
    chat.run("health_check", well(dead_backend));
  }
  ASSERT_EQ(chat.heard(), "O!C!");
  chat.mute("", hours{2});
  const Tick start = chat.now().tick;
  for (int minute = 0; minute < 40; ++minute) {
    chat.run("health_check", dead_backend);
    chat.pass(minutes{1});
  }
  ASSERT_EQ(chat.heard(), "O!C!");
  chat.unmute();
  chat.run("health_check", dead_backend);
  EXPECT_EQ(chat.last(EventKind::opened).view.incident.opened, start);
}

TEST(Deploy, AnotherToolsViewFromInsideIsNotToldAfterIt) {
  Chat chat;
  chat.touch_marker();
  chat.run("smoke_check", {{"lessons", 'X'}});
  chat.pass(seconds{30});
  chat.remove_marker();
  chat.pass(minutes{1});
  chat.run("health_check", {{"disk", '+'}});
  EXPECT_EQ(chat.heard(), "");
}

TEST(Deploy, ABareMarkerCountsForItsGracePeriod) {
  Chat chat;
  chat.touch_marker();
  for (int i = 0; i < 5; ++i) {
    chat.run("health_check", dead_backend);
    chat.pass(minutes{1});
  }
  EXPECT_EQ(chat.heard(), "");
  chat.pass(minutes{1});
  chat.run("health_check", dead_backend);
  EXPECT_EQ(chat.heard(), "O!");
}

TEST(Deploy, AMarkerTouchedForEverDoesNotSilenceForEver) {
  Chat chat;
  for (int i = 0; i < 30; ++i) {
    chat.touch_marker();
    chat.pass(seconds{30});
    chat.run("health_check", dead_backend);
    chat.pass(seconds{30});
  }
  EXPECT_EQ(chat.heard().substr(0, 2), "O!");
}

TEST(Deploy, AForgottenMarkerTouchedAnewIsANewDeploy) {
  Chat chat;
  chat.touch_marker();
  chat.run("health_check", well(dead_backend));
  chat.pass(hours{3});
  chat.run("health_check", well(dead_backend));
  chat.touch_marker();
  chat.pass(seconds{30});
  chat.run("health_check", dead_backend);
  EXPECT_EQ(chat.heard(), "");
}

TEST(Deploy, OursCountsWhileItsProcessLivesAndRefreshesIt) {
  Chat chat;
  for (int i = 0; i < 20; ++i) {
    chat.touch_marker();
    chat.around.marker->alive = true;
    chat.run("health_check", dead_backend);
    chat.pass(minutes{1});
  }
  EXPECT_EQ(chat.heard(), "");
  chat.around.marker->alive = false;
  chat.run("health_check", dead_backend);
  EXPECT_EQ(chat.heard(), "O!");
}

TEST(Boot, TheFirstTwoMinutesExcuseEverything) {
  Chat chat;
  chat.run("health_check", well(dead_backend));
  chat.reboot(minutes{1});
  chat.run("health_check", dead_backend);
  chat.pass(minutes{1});
  chat.run("health_check", dead_backend);
  EXPECT_EQ(chat.heard(), "");
  chat.pass(minutes{1});
  chat.run("health_check", dead_backend);
  EXPECT_EQ(chat.heard(), "O!");
}

TEST(Mutes, AMutedDiskDoesNotHideADeadSite) {
  Chat chat;
  chat.mute("disk", hours{1});
  const std::vector<Seen> both{{"disk", 'X', Severity::high}, {"nginx_service", 'X'}};
  chat.run("health_check", both);
  EXPECT_EQ(chat.heard(), "O!");
  EXPECT_EQ(chat.told[0].view.incident.root, "nginx_service");
}

TEST(Mutes, ItsEndTellsWhatWasHiddenAndWhatIsStillBad) {
  Chat chat;
  chat.mute("", minutes{30});
  for (int i = 0; i < 29; ++i) {
    chat.run("health_check",
             {{"disk", i < 10 ? 'X' : '+', Severity::high}, {"nginx_service", 'X'}});
    chat.pass(minutes{1});
  }
  EXPECT_EQ(chat.heard(), "");
  chat.pass(minutes{2});
  chat.run("health_check", {{"disk", '+', Severity::high}, {"nginx_service", 'X'}});
  EXPECT_EQ(chat.heard(), "O!m");
  EXPECT_EQ(chat.last(EventKind::mute_ended).mute.hidden.size(), 2U);
  EXPECT_THAT(chat.last(EventKind::mute_ended).still_bad, ElementsAre("nginx_service"));
}

TEST(Mutes, OneOfAKindTellsWhatItHasHidden) {
  Chat chat;
  chat.mute("unit", minutes{30});
  chat.run("health_check", {{"unit:redis", 'X'}, {"units", '+'}});
  EXPECT_EQ(chat.heard(), "");
  chat.pass(minutes{1});
  chat.unmute("unit");
  chat.run("health_check", {{"unit:redis", 'X'}, {"units", '+'}});
  EXPECT_EQ(chat.heard(), "O!m");
  ASSERT_EQ(chat.last(EventKind::mute_ended).mute.hidden.size(), 1U);
  EXPECT_EQ(chat.last(EventKind::mute_ended).mute.hidden.front().id, "unit:redis");
}

TEST(Mutes, OneOfAKindCoversNothingThatOnlyBeginsLikeIt) {
  EXPECT_TRUE(covers("unit", "unit"));
  EXPECT_TRUE(covers("unit", "unit:redis"));
  EXPECT_TRUE(covers("", "disk"));
  EXPECT_FALSE(covers("unit", "units"));
  EXPECT_FALSE(covers("unit:redis", "unit"));
}

TEST(Mutes, OneThatIsOverCannotBeTakenBack) {
  Chat chat;
  chat.run("health_check", {{"disk", '+'}});
  chat.mute("", minutes{1});
  chat.pass(minutes{2});
  EXPECT_FALSE(end_mute(chat.book, "", chat.now()));
}

TEST(Mutes, LastADayAtMost) {
  Chat chat;
  chat.mute("", hours{1000});
  EXPECT_EQ(chat.book.mutes[0].until - chat.book.mutes[0].since, hours{24});
}

TEST(Mutes, CanBeTakenBack) {
  Chat chat;
  chat.mute("", hours{2});
  chat.run("health_check", {{"disk", 'X'}});
  chat.pass(minutes{1});
  chat.unmute();
  chat.run("health_check", {{"disk", 'X'}});
  EXPECT_EQ(chat.heard(), "O!m");
}

TEST(Mutes, AreTakenBackAllOrOne) {
  Chat chat;
  chat.mute("disk", hours{2});
  chat.mute("memory", hours{2});
  chat.unmute("memory");
  chat.run("health_check", {{"disk", 'X'}, {"memory", 'X'}});
  EXPECT_EQ(chat.heard(), "O!");
  EXPECT_EQ(chat.book.held.back().id, "disk");
  chat.pass(minutes{1});
  chat.unmute();
  chat.run("health_check", {{"disk", 'X'}, {"memory", 'X'}});
  EXPECT_EQ(chat.heard(), "O!O!m");
}

TEST(Mutes, WhatWasToldBeforeIsClosedAtTheLatestAfterIt) {
  Chat chat;
  chat.run("health_check", {{"disk", 'X'}});
  chat.mute("", minutes{10});
  for (int i = 0; i < 12; ++i) {
    chat.pass(minutes{1});
    chat.run("health_check", {{"disk", '+'}});
  }
  EXPECT_EQ(chat.heard(), "O!C!");
}

TEST(Mutes, ThoseOfTheOldConfigAreHonouredAndRemindedOf) {
  Chat chat;
  chat.around.muted_by_config = true;
  for (int hour = 0; hour < 49; ++hour) {
    chat.run("health_check", {{"disk", 'X'}});
    chat.pass(hours{1});
  }
  EXPECT_EQ(chat.heard(), "ccc");
}

TEST(Mutes, TheOldFileMutesForADayAtMost) {
  Chat chat;
  chat.around.mute_file = hours{5000};
  for (int hour = 0; hour < 24; ++hour) {
    chat.run("health_check", {{"disk", 'X'}});
    chat.pass(hours{1});
  }
  EXPECT_EQ(chat.heard(), "");
  chat.run("health_check", {{"disk", 'X'}});
  EXPECT_EQ(chat.heard(), "O!");
}

TEST(Mutes, TheOldFileEndsWithItsTimeOrADayAfterItWasSeen) {
  Chat chat;
  const auto end = [&] { return end_of_mute_file(chat.book, chat.around, chat.now()); };
  EXPECT_EQ(end(), std::nullopt);
  chat.around.mute_file = hours{2};
  EXPECT_EQ(end(), chat.now().tick + hours{2});
  chat.around.mute_file = hours{5000};
  EXPECT_EQ(end(), chat.now().tick + hours{24}) << "nobody has seen it yet";
  chat.run("health_check", {{"disk", '+'}});
  const Tick seen = chat.now().tick;
  chat.pass(hours{10});
  EXPECT_EQ(end(), seen + hours{24});
  chat.pass(hours{14});
  EXPECT_EQ(end(), std::nullopt);
}

Problem oom() {
  Problem fact;
  fact.id = "oom";
  fact.status = Status::warning;
  fact.severity = Severity::high;
  return fact;
}

TEST(Facts, AreToldOnceAndWaitForTheEndOfASuppression) {
  Chat chat;
  chat.run("deep_check", {}, {oom()});
  EXPECT_EQ(chat.heard(), "f!");
  chat.mute("", minutes{10});
  chat.run("deep_check", {}, {oom()});
  EXPECT_EQ(chat.heard(), "f!");
  chat.pass(minutes{11});
  chat.run("health_check", {});
  EXPECT_EQ(chat.heard(), "f!f!");
}

TEST(Facts, ThatWaitAreTheLatestHundred) {
  Chat chat;
  chat.mute("", hours{10});
  for (int i = 0; i < 130; ++i) {
    Problem fact = oom();
    fact.texts.summary = std::to_string(i);
    chat.run("deep_check", {}, {fact});
    chat.pass(minutes{1});
  }
  EXPECT_EQ(chat.book.facts.size(), 100U);
  EXPECT_EQ(chat.book.facts.front().texts.summary, "30");
}

TEST(ProofOfLife, OnceAWeekSilently) {
  Chat chat;
  chat.run("health_check", {{"disk", 'X'}, {"memory", '+'}});
  for (int day = 0; day < 8; ++day) {
    chat.pass(hours{24});
    chat.run("health_check", {{"disk", '+'}, {"memory", '+'}});
  }
  EXPECT_EQ(std::ranges::count(chat.heard(), 'p'), 1);
  EXPECT_EQ(chat.last(EventKind::proof_of_life).checks, 2);
  EXPECT_EQ(chat.last(EventKind::proof_of_life).incidents, 1);
}

TEST(Clocks, AStepOfTheWallClockChangesNothing) {
  for (const auto step : {hours{-30}, hours{30}}) {
    Chat chat;
    chat.run("health_check", {{"disk", 'X'}});
    chat.step_wall(step);
    chat.pass(minutes{1});
    chat.run("health_check", {{"disk", 'X'}});
    EXPECT_EQ(chat.heard(), "O!");
    chat.pass(minutes{1});
    chat.run("health_check", {{"disk", '+'}});
    chat.pass(minutes{1});
    chat.run("health_check", {{"disk", '+'}});
    EXPECT_EQ(chat.heard(), "O!C!");
    const IncidentView& view = chat.told.back().view;
    EXPECT_EQ(*view.incident.ended - view.incident.opened, minutes{3});
  }
}

TEST(Clocks, AcrossABootTheWallClockCountsAndNeverBackwards) {
  Chat chat;
  chat.run("health_check", {{"disk", 'X'}});
  chat.reboot(hours{-5});
  chat.pass(minutes{3});
  chat.run("health_check", {{"disk", 'X'}});
  EXPECT_EQ(chat.heard(), "O!");
  EXPECT_GE(chat.now().tick, chat.told[0].view.incident.told);
}

TEST(Numbers, EveryEventHasItsOwnInOrder) {
  Chat chat;
  for (int i = 0; i < 100; ++i) {
    chat.run("health_check", {{"disk", i % 7 < 3 ? 'X' : '+'}, {"nginx", i % 11 < 4 ? 'X' : '+'}});
    chat.pass(minutes{1});
  }
  std::uint64_t number = 0;
  for (const Event& event : chat.told) EXPECT_EQ(event.sequence, ++number);
  EXPECT_EQ(chat.book.sequence, number);
}

TEST(Book, WhatIsNoneIsRefused) {
  for (const char* text : {"", "{", "[]", R"({"schema":2})", R"({"schema":1,"problems":7})",
                           R"({"schema":1,"problems":[{"status":"bad"}]})",
                           R"({"schema":1,"tick":9223372036854775807})"}) {
    EXPECT_FALSE(parse_book(text)) << text;
  }
  EXPECT_TRUE(parse_book(R"({"schema":1,"later":"unknown members are left alone"})"));
}

}  // namespace
}  // namespace lectio
