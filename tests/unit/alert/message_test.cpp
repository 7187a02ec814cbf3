#include "alert/message.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "alert/events.hpp"

namespace lectio {
namespace {

using namespace std::chrono_literals;
using events::ago;
using events::problem;
using testing::HasSubstr;
using testing::StartsWith;

Notice notice(const Event& event, Lang lang = Lang::ru) {
  return to_notice(event, events::style(lang), events::now);
}

TEST(MessageTest, AnOpenedIncidentTellsWhatSinceWhenAndWhatToDo) {
  EXPECT_EQ(notice(events::stopped(EventKind::opened)).live,
            R"(🔴 <b>Lectio: Служба teaching_panel — упала (exit-code 3), перезапусков: 5</b>
с 12:05 МСК, уже 7 мин · lectio-prod-1

Что это значит: сайт открывается, но вход и все данные недоступны.
Что делать: <code>journalctl -u teaching_panel -n 50</code>
Следствия: Бэкенд изнутри, API и база данных, Вход учителя, Список уроков

health_check, smoke_check · инцидент 5381)");
}

TEST(MessageTest, AnOpenedIncidentInEnglish) {
  EXPECT_EQ(notice(events::stopped(EventKind::opened, Lang::en), Lang::en).live,
            R"(🔴 <b>Lectio: Unit teaching_panel — failed (exit-code 3), 5 restarts</b>
since 12:05 MSK, for 7 min now · lectio-prod-1

What it means: the site opens, but login and all data are out of reach.
What to do: <code>journalctl -u teaching_panel -n 50</code>
Consequences: Backend from inside, API and database, Teacher login, Lessons

health_check, smoke_check · incident 5381)");
}

TEST(MessageTest, TheEndNamesWhatHasMendedIt) {
  Event closed = events::recovered();
  closed.view.incident.repair = "перезапуск teaching_panel";
  EXPECT_THAT(notice(closed).message,
              StartsWith("🟢 Работает снова, не работало 12 мин. Починено само: перезапуск "
                         "teaching_panel\n"));
}

TEST(MessageTest, AClosedIncidentIsToldUnderItAndKeepsItsStory) {
  const Notice closed = notice(events::recovered());
  EXPECT_EQ(closed.message, R"(🟢 Работает снова, не работало 12 мин
Служба teaching_panel — упала (exit-code 3), перезапусков: 5)");
  EXPECT_EQ(closed.live, R"(🟢 <b>Lectio: Служба teaching_panel — уже в порядке</b>
11:59–12:11 МСК (12 мин) · lectio-prod-1

Служба teaching_panel: упала (exit-code 3), перезапусков: 5
Было затронуто: Бэкенд изнутри, API и база данных, Вход учителя

health_check, smoke_check · инцидент 5381)");
  EXPECT_EQ(closed.whole,
            R"(🟢 <b>Lectio: было недоступно 11:59–12:11 МСК (12 мин), уже работает</b>

Причина: Служба teaching_panel — упала (exit-code 3), перезапусков: 5

health_check, smoke_check · инцидент 5381)");
}

TEST(MessageTest, AClosedIncidentInEnglish) {
  const Notice closed = notice(events::recovered(Lang::en), Lang::en);
  EXPECT_EQ(closed.message, R"(🟢 Works again, was down for 12 min
Unit teaching_panel — failed (exit-code 3), 5 restarts)");
  EXPECT_THAT(closed.live, StartsWith("🟢 <b>Lectio: Unit teaching_panel — back to normal</b>\n"
                                      "11:59–12:11 MSK (12 min) · lectio-prod-1\n\n"));
  EXPECT_THAT(closed.whole, StartsWith("🟢 <b>Lectio: was down 11:59–12:11 MSK (12 min), works "
                                       "again</b>\n\nCause: Unit teaching_panel — failed"));
}

TEST(MessageTest, WhatWasOnlyAWarningWasNotDown) {
  Event event = events::recovered();
  event.view.incident.status = Status::warning;
  EXPECT_THAT(notice(event).message, StartsWith("🟢 Снова в порядке, было не в порядке 12 мин\n"));
  EXPECT_THAT(notice(event).whole,
              StartsWith("🟢 <b>Lectio: было не в порядке 11:59–12:11 МСК (12 мин), уже в "
                         "порядке</b>"));
  EXPECT_THAT(notice(event, Lang::en).message,
              StartsWith("🟢 Back to normal, was not well for 12 min\n"));
}

TEST(MessageTest, NamesTheDeployAfterWhichItBegan) {
  Event event = events::stopped(EventKind::opened);
  event.view.incident.deploy = "a1b2c3d";
  EXPECT_THAT(notice(event).live,
              HasSubstr("\nс 12:05 МСК, уже 7 мин · после деплоя a1b2c3d · lectio-prod-1\n"));
  event = events::recovered();
  event.view.incident.deploy = "a1b2c3d";
  EXPECT_THAT(notice(event).live,
              HasSubstr("\n11:59–12:11 МСК (12 мин) · после деплоя a1b2c3d · lectio-prod-1\n"));
  EXPECT_THAT(notice(event).whole, HasSubstr("\nНачалось после деплоя a1b2c3d\n"));
}

TEST(MessageTest, AReplyIsShort) {
  struct Row {
    EventKind kind;
    const char* russian;
    const char* english;
  };
  const std::string what = "Служба teaching_panel — упала (exit-code 3), перезапусков: 5";
  const std::string what_en = "Unit teaching_panel — failed (exit-code 3), 5 restarts";
  for (const Row& row : {
           Row{EventKind::raised, "🔴 Стало хуже: ", "🔴 Got worse: "},
           Row{EventKind::again, "🔴 Снова: ", "🔴 Again: "},
           Row{EventKind::new_cause, "🔴 Новая причина: ", "🔴 A new cause: "},
           Row{EventKind::reminder, "🔴 Всё ещё не работает: 7 мин\n", "🔴 Still down: 7 min\n"},
           Row{EventKind::settled, "🔴 Состояние установилось, всё ещё не работает: 7 мин\n",
               "🔴 Settled, still down: 7 min\n"},
       }) {
    EXPECT_EQ(notice(events::stopped(row.kind)).message, row.russian + what);
    EXPECT_EQ(notice(events::stopped(row.kind, Lang::en), Lang::en).message, row.english + what_en);
  }
}

TEST(MessageTest, AReplyAboutAWarningDoesNotSayThatItIsDown) {
  for (const EventKind kind : {EventKind::reminder, EventKind::settled}) {
    Event event = events::stopped(kind);
    for (Problem& bad : event.view.bad) bad.status = Status::warning;
    EXPECT_THAT(notice(event).message, StartsWith("🟠 "));
    EXPECT_THAT(notice(event).message, HasSubstr("сё ещё не в порядке: 7 мин\n"));
    EXPECT_THAT(notice(event, Lang::en).message, HasSubstr("till not well: 7 min\n"));
  }
}

TEST(MessageTest, OnlyTheLiveTextSaysThatSomethingHasChanged) {
  for (const EventKind kind : {EventKind::opened, EventKind::changed}) {
    const Notice told = notice(events::stopped(kind));
    EXPECT_THAT(told.live, StartsWith("🔴"));
    EXPECT_EQ(told.message, "");
    EXPECT_EQ(told.whole, "");
  }
}

TEST(MessageTest, EveryReplyBringsTheLiveTextUpToDate) {
  const std::string live = notice(events::stopped(EventKind::changed)).live;
  for (const EventKind kind : {EventKind::raised, EventKind::again, EventKind::new_cause,
                               EventKind::reminder, EventKind::settled}) {
    EXPECT_EQ(notice(events::stopped(kind)).live, live);
  }
}

TEST(MessageTest, AMergedIncidentPointsToTheOther) {
  Event event = events::stopped(EventKind::merged);
  event.into = 8;
  EXPECT_EQ(notice(event).live, R"(🔗 <b>Lectio: Служба teaching_panel — часть инцидента F1B8</b>
с 12:05 МСК, уже 7 мин · lectio-prod-1

Служба teaching_panel: упала (exit-code 3), перезапусков: 5
Оказалось, что это следствие той же причины: дальнейшее сообщается в инциденте F1B8.

health_check, smoke_check · инцидент 5381)");
  EXPECT_THAT(notice(event, Lang::en).live,
              HasSubstr("\nThis turned out to have the same cause: what follows is told in "
                        "incident F1B8.\n"));
}

TEST(MessageTest, TheSignIsTheWorstThatThereIsNow) {
  Event event = events::stopped(EventKind::changed);
  event.view.bad.resize(2);
  const auto sign_of = [&](Status root, Status other) {
    event.view.bad[0].status = root;
    event.view.bad[1].status = other;
    const std::string live = notice(event).live;
    return live.substr(0, live.find(' '));
  };
  EXPECT_EQ(sign_of(Status::warning, Status::critical), "🔴");
  EXPECT_EQ(sign_of(Status::warning, Status::unknown), "🟠");
  EXPECT_EQ(sign_of(Status::unknown, Status::unknown), "🟡");
}

TEST(MessageTest, AFlappingIncidentSaysSo) {
  Event event = events::stopped(EventKind::changed);
  event.view.incident.flapping = true;
  EXPECT_THAT(notice(event).live, StartsWith("🔁 <b>Lectio: Служба teaching_panel — упала"));
  EXPECT_THAT(notice(event).live,
              HasSubstr("\nСостояние меняется туда и обратно: новое сообщение придёт, когда оно "
                        "установится.\n"));
}

TEST(MessageTest, NoDurationIsToldInTheFirstMinute) {
  Event event = events::stopped(EventKind::opened);
  event.view.incident.opened = ago(59s);
  EXPECT_THAT(notice(event).live, HasSubstr("\nс 12:11 МСК · lectio-prod-1\n"));
}

TEST(MessageTest, NamesFiveConsequencesAndCountsTheRest) {
  Event event = events::stopped(EventKind::changed);
  for (int i = 0; i < 6; ++i) {
    event.view.behind.push_back(problem("more", "Ещё", "", Status::skipped));
  }
  EXPECT_THAT(notice(event).live,
              HasSubstr("\nСледствия: Бэкенд изнутри, API и база данных, Вход учителя, Список "
                        "уроков, Ещё и ещё 5\n"));
}

TEST(MessageTest, NamesWhatIsWellAgain) {
  Event event = events::stopped(EventKind::changed);
  event.view.ended = {event.view.bad.back()};
  event.view.bad.pop_back();
  EXPECT_THAT(notice(event).live, HasSubstr("\nУже в порядке: Вход учителя\n"));
}

TEST(MessageTest, TheTitleIsWhatRemainsWhenTheRootIsGone) {
  Event event = events::stopped(EventKind::changed);
  event.view.ended = {event.view.bad.front()};
  event.view.bad.erase(event.view.bad.begin());
  const std::string live = notice(event).live;
  EXPECT_THAT(live, StartsWith("🔴 <b>Lectio: Бэкенд изнутри — HTTP 502</b>\n"));
  EXPECT_THAT(live, HasSubstr("\nСледствия: API и база данных, Вход учителя, Список уроков\n"));
  EXPECT_THAT(live, HasSubstr("\nУже в порядке: Служба teaching_panel\n"));
}

TEST(MessageTest, WhatIsNoConsequenceGetsItsFact) {
  Event event = events::stopped(EventKind::changed);
  event.view.bad.push_back(problem("disk", "Место на диске", "/: свободно 1 %", Status::warning));
  EXPECT_THAT(notice(event).live, HasSubstr(R"(Список уроков

Ещё не в порядке:
• Место на диске: /: свободно 1 %

health_check)"));
}

TEST(MessageTest, TwoLinesOfASummaryAreTwoSentencesInALine) {
  Event event = events::stopped(EventKind::changed);
  event.view.bad.push_back(
      problem("build", "Сборка", "нет main.js\nПочинить само не вышло", Status::critical));
  EXPECT_THAT(notice(event).live, HasSubstr("• Сборка: нет main.js. Починить само не вышло\n"));
}

TEST(MessageTest, ALongSummaryIsNoTitle) {
  Event event = events::stopped(EventKind::opened);
  event.view.bad.front().texts.summary = std::string(150, 'x');
  EXPECT_THAT(notice(event).live, StartsWith("🔴 <b>Lectio: Служба teaching_panel</b>\n"));
  EXPECT_THAT(notice(event).live,
              HasSubstr("\n\nСлужба teaching_panel: " + std::string(150, 'x') + "\n"));
}

TEST(MessageTest, ALongSummaryThatLooksLikeATagIsNoTitleEither) {
  Event event = events::stopped(EventKind::opened);
  event.view.bad.front().texts.summary = "<a" + std::string(150, 'x') + ">";
  EXPECT_THAT(notice(event).live, StartsWith("🔴 <b>Lectio: Служба teaching_panel</b>\n"));
}

TEST(MessageTest, IsCalledByItsIdWithoutATitle) {
  Event event = events::stopped(EventKind::opened);
  event.view.bad.front().texts = {};
  EXPECT_THAT(notice(event).live, StartsWith("🔴 <b>Lectio: backend_service</b>\n"));
}

TEST(MessageTest, AnIncidentOfWhichNothingIsLeftIsCalledByItsCause) {
  Event event = events::recovered();
  event.view.ended.clear();
  EXPECT_THAT(notice(event).live,
              StartsWith("🟢 <b>Lectio: Служба teaching_panel — уже в порядке"));
  event.kind = EventKind::changed;
  event.view.incident.ended.reset();
  EXPECT_THAT(notice(event).live, StartsWith("🔴 <b>Lectio: Служба teaching_panel</b>\n"));
}

TEST(MessageTest, AFactIsToldOnce) {
  Event event;
  event.fact = problem("oom_kill", "Память кончилась", "ядро убило gunicorn\n  (1,2 ГБ)\n\n\nждём",
                       Status::warning);
  event.fact.since = ago(2min);
  event.fact.tool = "process_guard";
  event.fact.texts.meaning = "часть запросов оборвалась.";
  event.fact.texts.action = "`journalctl -k -n 50`";
  EXPECT_EQ(notice(event).message, R"(🟠 <b>Lectio: Память кончилась</b>
12:10 МСК · lectio-prod-1

ядро убило gunicorn
(1,2 ГБ)
ждём
Что это значит: часть запросов оборвалась.
Что делать: <code>journalctl -k -n 50</code>

process_guard)");
  EXPECT_EQ(notice(event).live, "");
  event.tier = Tier::info;
  EXPECT_THAT(notice(event, Lang::en).message, StartsWith("ℹ️ <b>Lectio: Память кончилась</b>\n"
                                                          "12:10 MSK · lectio-prod-1\n"));
  EXPECT_THAT(notice(event, Lang::en).message, HasSubstr("\nWhat to do: <code>"));
}

Event mute_ended() {
  Event event;
  event.kind = EventKind::mute_ended;
  event.mute.reason = "переезд базы";
  event.mute.who = "pavel";
  event.mute.since = ago(72min);
  event.mute.until = ago(0min);
  event.mute.hidden = {
      {.id = "disk", .title = "Место на диске", .since = ago(60min), .seen = ago(50min)},
      {.id = "backend", .title = "Бэкенд изнутри", .since = ago(20min), .seen = ago(1min)}};
  event.still_bad = {"backend"};
  return event;
}

TEST(MessageTest, TheEndOfAMuteTellsWhatItHasHidden) {
  EXPECT_EQ(notice(mute_ended()).message, R"(🔔 <b>Lectio: уведомления снова включены</b>
Были отключены 11:00–12:12 МСК (pavel): переезд базы

За это время не сообщалось:
• Бэкенд изнутри: с 11:52 МСК, всё ещё не в порядке
• Место на диске: 11:12–11:22 МСК, уже в порядке)");
  EXPECT_EQ(notice(mute_ended(), Lang::en).message, R"(🔔 <b>Lectio: alerts are on again</b>
Were muted 11:00–12:12 MSK (pavel): переезд базы

Not told meanwhile:
• Бэкенд изнутри: since 11:52 MSK, still not well
• Место на диске: 11:12–11:22 MSK, back to normal)");
}

TEST(MessageTest, TheEndOfAMuteOfOneCheck) {
  Event event = mute_ended();
  event.mute.check = "disk";
  event.mute.who = event.mute.reason = "";
  event.mute.until = ago(-1h);  // ended before its time
  event.mute.hidden.clear();
  EXPECT_EQ(notice(event).message, R"(🔔 <b>Lectio: уведомления о проверке disk снова включены</b>
Были отключены 11:00–12:12 МСК

Сообщать за это время было не о чем.)");
}

TEST(MessageTest, AMuteInTheConfigurationSaysHowToEndIt) {
  Event event;
  event.kind = EventKind::muted_by_config;
  EXPECT_EQ(notice(event).message, R"(🔕 <b>Lectio: уведомления выключены в настройках</b>
12:12 МСК · lectio-prod-1

Что это значит: проверки идут и записываются, но о поломках никто не узнает.
Что делать: чтобы включить уведомления, уберите из файла настроек строку <code>ALERTS_MUTED=1</code> или впишите <code>ALERTS_MUTED=0</code>.)");
  EXPECT_EQ(notice(event, Lang::en).message,
            R"(🔕 <b>Lectio: alerts are switched off in the configuration</b>
12:12 MSK · lectio-prod-1

What it means: the checks run and are logged, but nobody is told of a failure.
What to do: to switch alerts on, remove the line <code>ALERTS_MUTED=1</code> from the configuration file, or make it <code>ALERTS_MUTED=0</code>.)");
}

TEST(MessageTest, ProofOfLifeCountsInTheFormsOfTheLanguage) {
  Event event;
  event.kind = EventKind::proof_of_life;
  const auto counts = [&](int checks, int incidents, Lang lang) {
    event.checks = checks;
    event.incidents = incidents;
    const std::string text = notice(event, lang).message;
    const std::size_t start = text.find('\n') + 1;
    return text.substr(start, text.find('\n', start) - start);
  };
  EXPECT_EQ(counts(24, 3, Lang::ru), "24 проверки, 3 инцидента с прошлого такого сообщения");
  EXPECT_EQ(counts(21, 0, Lang::ru), "21 проверка, 0 инцидентов с прошлого такого сообщения");
  EXPECT_EQ(counts(112, 11, Lang::ru), "112 проверок, 11 инцидентов с прошлого такого сообщения");
  EXPECT_EQ(counts(30, 1, Lang::ru), "30 проверок, 1 инцидент с прошлого такого сообщения");
  EXPECT_EQ(counts(1, 2, Lang::en), "1 check, 2 incidents since the last message like this");
  EXPECT_THAT(notice(event).message, StartsWith("🟢 <b>Lectio: всё работает</b>\n"));
}

TEST(MessageTest, TheNoticeIsThatOfItsEvent) {
  struct Row {
    EventKind event;
    NoticeKind notice;
  };
  for (const Row& row : {
           Row{EventKind::opened, NoticeKind::open},
           Row{EventKind::changed, NoticeKind::edit},
           Row{EventKind::merged, NoticeKind::edit},
           Row{EventKind::raised, NoticeKind::reply},
           Row{EventKind::reminder, NoticeKind::reply},
           Row{EventKind::again, NoticeKind::reply},
           Row{EventKind::new_cause, NoticeKind::reply},
           Row{EventKind::settled, NoticeKind::reply},
           Row{EventKind::closed, NoticeKind::close},
       }) {
    const Notice told = notice(events::stopped(row.event));
    EXPECT_EQ(told.kind, row.notice);
    EXPECT_EQ(told.incident, 7U);
    EXPECT_EQ(told.sequence, 41U);
    EXPECT_EQ(told.tier, Tier::critical);
    EXPECT_TRUE(told.loud);
    EXPECT_EQ(told.created, events::wall);
    EXPECT_EQ(told.message.empty(),
              row.notice == NoticeKind::open || row.notice == NoticeKind::edit);
    EXPECT_EQ(told.whole.empty(), row.notice != NoticeKind::close);
  }
  for (const EventKind kind : {EventKind::fact, EventKind::mute_ended, EventKind::muted_by_config,
                               EventKind::proof_of_life}) {
    const Notice told = notice(events::stopped(kind));
    EXPECT_EQ(told.kind, NoticeKind::single);
    EXPECT_EQ(told.incident, 0U);
    EXPECT_NE(told.message, "");
    EXPECT_EQ(told.live, "");
  }
}

TEST(IncidentNameTest, IsFourHexDigitsAndNoTwoAreAlike) {
  std::set<std::string> names;
  for (std::uint64_t id = 1; id <= 65536; ++id) {
    const std::string name = incident_name(id);
    EXPECT_EQ(name.size(), 4U);
    EXPECT_EQ(name.find_first_not_of("0123456789ABCDEF"), std::string::npos);
    names.insert(name);
  }
  EXPECT_EQ(names.size(), 65536U);
}

TEST(IncidentNameTest, NeighboursDoNotLookAlike) {
  for (std::uint64_t id = 1; id < 1000; ++id) {
    EXPECT_NE(incident_name(id)[0], incident_name(id + 1)[0]) << id;
  }
}

TEST(IncidentNameTest, LaterOnesHaveFourDigitsToo) {
  EXPECT_EQ(incident_name(~std::uint64_t{0}).size(), 4U);
}

}  // namespace
}  // namespace lectio
