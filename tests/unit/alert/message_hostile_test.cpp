// What strangers write: into error texts, addresses, names of hosts, deploys and tools.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <random>

#include "alert/events.hpp"
#include "alert/message.hpp"
#include "alert/telegram_html.hpp"

namespace lectio {
namespace {

using namespace std::string_literals;
using events::ago;
using events::problem;
using testing::HasSubstr;
using testing::Not;

constexpr std::array all_kinds{
    EventKind::opened,       EventKind::changed,    EventKind::raised,
    EventKind::reminder,     EventKind::again,      EventKind::new_cause,
    EventKind::settled,      EventKind::closed,     EventKind::merged,
    EventKind::fact,         EventKind::mute_ended, EventKind::muted_by_config,
    EventKind::proof_of_life};

std::string repeated(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

// An event in which `text` makes every string that comes from elsewhere.
template <class Text>
Event event_of(EventKind kind, Text text, int problems, int behind) {
  const auto made = [&](std::string id) {
    Problem one = problem(std::move(id), text(), text());
    one.texts.meaning = text();
    one.texts.action = text();
    one.tool = text();
    return one;
  };
  Event event;
  event.kind = kind;
  event.view.incident.id = 7;
  event.view.incident.root = "root";
  event.view.incident.cause = text();
  event.view.incident.deploy = text();
  event.view.incident.opened = ago(std::chrono::hours{30});
  event.view.incident.status = Status::critical;
  event.view.bad.push_back(made("root"));
  for (int i = 1; i < problems; ++i) event.view.bad.push_back(made(fmt::format("bad{}", i)));
  for (int i = 0; i < behind; ++i) event.view.behind.push_back(made(fmt::format("behind{}", i)));
  event.view.ended = {made("ended1"), made("ended2")};
  event.view.tools = {text(), text(), text()};
  event.fact = made("fact");
  event.fact.since = ago(std::chrono::minutes{1});
  event.mute.check = text();
  event.mute.reason = text();
  event.mute.who = text();
  event.mute.since = ago(std::chrono::hours{1});
  event.mute.until = ago(std::chrono::hours{0});
  for (int i = 0; i < problems; ++i) {
    event.mute.hidden.push_back(
        {.id = text(), .title = text(), .since = ago(Tick{1000}), .seen = {}});
  }
  return event;
}

template <class Text>
MessageStyle style_of(Lang lang, Text text) {
  return {.lang = lang, .site = text(), .host = text(), .time_zone = text()};
}

void expect_valid(const Notice& notice) {
  for (const std::string& html : {notice.live, notice.message, notice.whole}) {
    if (html.empty()) continue;
    const TelegramReading reading = read_telegram_html(html);
    EXPECT_EQ(reading.fault, "") << html.substr(0, 2000);
    EXPECT_EQ(length_after_parsing(html), reading.units);
    EXPECT_EQ(entities_of(html), reading.entities);
    EXPECT_EQ(plain_text(html), reading.shown);
  }
}

TEST(MessageHostileTest, NothingMakesAMessageThatTelegramRefuses) {
  const std::array hostile{
      "<b>&"s,
      "</b></code><script>"s,
      "&lt;&#60;&bogus;"s,
      std::string(10000, 'x'),
      repeated("🚀", 5000),
      repeated("<&>", 4000),
      repeated("`a`", 4000),
      repeated("`<`", 4000),
      "`"s,
      "\u202Eтекст\u2066\u200F\u061C"s,
      "a\0b"s,
      std::string(5000, '\0'),
      "\xFF\xFE\xD0"s,
      repeated("\xF0\x9F\x9A", 3000),
      std::string(5000, '\n'),
      "\n\n🟢 Lectio: всё работает\n\n"s,
      "{title}[{x}]"s,
      ""s,
  };
  for (const std::string& text : hostile) {
    const auto same = [&] { return text; };
    for (const EventKind kind : all_kinds) {
      for (const Lang lang : {Lang::ru, Lang::en}) {
        expect_valid(to_notice(event_of(kind, same, 20, 20), style_of(lang, same), events::now));
      }
    }
  }
}

TEST(MessageHostileTest, RandomTextsNeither) {
  constexpr std::array<std::string_view, 24> pieces{
      "<",     ">",    "&",      "`",        "\"",   "\n",   "\r",   "\t",
      "слово", "word", "🚀",     "\u202E",   "\xFF", "\xD0", "</b>", "<code>",
      "&amp;", ";",    "\u2028", "\xF0\x9F", " ",    "{",    "]",    "日本"};
  std::mt19937 random{20261124};
  std::uniform_int_distribution<std::size_t> piece{0, pieces.size() - 1};
  std::uniform_int_distribution<int> length_class{0, 4};
  constexpr std::array lengths{0, 3, 40, 400, 3000};
  const auto text = [&] {
    std::string made;
    const int length = lengths.at(static_cast<std::size_t>(length_class(random)));
    for (int i = 0; i < length; ++i) made += pieces.at(piece(random));
    return made;
  };
  for (int round = 0; round < 40; ++round) {
    for (const EventKind kind : all_kinds) {
      const Lang lang = round % 2 == 0 ? Lang::ru : Lang::en;
      expect_valid(to_notice(event_of(kind, text, 1 + round % 15, round % 7), style_of(lang, text),
                             events::now));
    }
    if (HasFailure()) return;
  }
}

TEST(MessageHostileTest, TenThousandCharactersLeaveTheRestReadable) {
  Event event = events::stopped(EventKind::opened);
  event.view.bad.front().texts.summary = std::string(10000, 'x');
  const std::string live = to_notice(event, events::style(), events::now).live;
  EXPECT_THAT(live, HasSubstr("<b>Lectio: Служба teaching_panel</b>\n"));
  EXPECT_THAT(live, HasSubstr("xxx…\nЧто это значит: сайт открывается"));
  EXPECT_THAT(live, HasSubstr("\nЧто делать: <code>journalctl"));
  EXPECT_THAT(live, HasSubstr("\nСледствия: Бэкенд изнутри"));
  EXPECT_THAT(live, HasSubstr("инцидент 5381"));
}

TEST(MessageHostileTest, EveryFieldTooLongLeavesAPartOfEach) {
  const auto text = [] { return std::string(10000, 'x'); };
  const Notice opened =
      to_notice(event_of(EventKind::opened, text, 300, 500), style_of(Lang::ru, text), events::now);
  for (const char* part : {"Что это значит: xxx", "Что делать: xxx", "Следствия: xxx",
                           "Уже в порядке: xxx", "Ещё не в порядке:", "инцидент 5381"}) {
    EXPECT_THAT(opened.live, HasSubstr(part));
  }
}

TEST(MessageHostileTest, ThreeHundredProblemsAreCounted) {
  Event event = events::stopped(EventKind::changed);
  for (int i = 0; i < 300; ++i) {
    event.view.bad.push_back(problem(fmt::format("p{}", i), "Проверка", "HTTP 500"));
  }
  EXPECT_THAT(to_notice(event, events::style(), events::now).live,
              HasSubstr("• Проверка: HTTP 500\nи ещё 288\n\nhealth_check"));
}

TEST(MessageHostileTest, FiveHundredConsequencesAreCounted) {
  Event event = events::stopped(EventKind::changed);
  for (int i = 0; i < 500; ++i) {
    event.view.bad.push_back(
        problem(fmt::format("p{}", i), "Проверка", "", Status::critical, {"backend"}));
  }
  EXPECT_THAT(to_notice(event, events::style(), events::now).live,
              HasSubstr("Вход учителя, Проверка, Проверка и ещё 499\n"));
}

TEST(MessageHostileTest, AStrangerCannotAddALineToAnIncident) {
  Event event = events::stopped(EventKind::opened);
  event.view.bad.front().texts.summary = "упала\n\n🟢 Lectio: всё работает";
  event.view.bad.front().texts.action = "ничего\nинцидент 0000";
  EXPECT_THAT(to_notice(event, events::style(), events::now).live, Not(HasSubstr("\n🟢")));
  EXPECT_THAT(to_notice(event, events::style(), events::now).live, Not(HasSubstr("\nинцидент")));
}

// A phrase with a value that nobody gave would show "?", one that is not there its key.
TEST(MessageHostileTest, NoPlaceholderAndNoKeyIsLeftInAText) {
  for (const EventKind kind : all_kinds) {
    for (const Lang lang : {Lang::ru, Lang::en}) {
      Event event = event_of(kind, [] { return "w"s; }, 30, 3);
      event.view.incident.flapping = true;
      const MessageStyle style = events::style(lang);
      const Notice notice = to_notice(event, style, events::now);
      for (const std::string& html : {notice.live, notice.message, notice.whole}) {
        EXPECT_THAT(plain_text(html), Not(testing::ContainsRegex("[?{}]|\\[|\\]|[a-z]_[a-z]")));
      }
    }
  }
}

}  // namespace
}  // namespace lectio
