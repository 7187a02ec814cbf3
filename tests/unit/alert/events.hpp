// Problems, incidents and the moment of the message tests: 24 November 2026, 12:12 in Moscow.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "alert/event.hpp"
#include "alert/message.hpp"

namespace lectio::events {

inline constexpr Tick tick = std::chrono::hours{24 * 20};
inline constexpr WallTime wall = std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} +
                                 std::chrono::hours{9} + std::chrono::minutes{12};
inline constexpr Now now{.tick = tick, .wall = wall};

constexpr Tick ago(Milliseconds age) { return tick - age; }

inline MessageStyle style(Lang lang = Lang::ru) {
  return {.lang = lang, .site = "Lectio", .host = "lectio-prod-1", .time_zone = "Europe/Moscow"};
}

inline Problem problem(std::string id, std::string title, std::string summary,
                       Status status = Status::critical,
                       std::vector<std::string> explained_by = {}) {
  Problem made;
  made.id = std::move(id);
  made.status = status;
  made.explained_by = std::move(explained_by);
  made.texts.title = std::move(title);
  made.texts.summary = std::move(summary);
  return made;
}

// The application has stopped 7 minutes ago; three others suffer, one did not run.
inline Event stopped(EventKind kind, Lang lang = Lang::ru) {
  const bool ru = lang == Lang::ru;
  const auto in = [ru](const char* russian, const char* english) {
    return std::string{ru ? russian : english};
  };
  Event event;
  event.kind = kind;
  event.sequence = 41;
  event.tier = Tier::critical;
  event.loud = true;
  Problem root =
      problem("backend_service", in("Служба teaching_panel", "Unit teaching_panel"),
              in("упала (exit-code 3), перезапусков: 5", "failed (exit-code 3), 5 restarts"));
  root.texts.meaning = in("сайт открывается, но вход и все данные недоступны.",
                          "the site opens, but login and all data are out of reach.");
  root.texts.action = "`journalctl -u teaching_panel -n 50`";
  event.view.bad = {
      root,
      problem("backend", in("Бэкенд изнутри", "Backend from inside"), "HTTP 502", Status::critical,
              {"backend_service"}),
      problem("api_health", in("API и база данных", "API and database"), "HTTP 502",
              Status::critical, {"backend"}),
      problem("teacher_login", in("Вход учителя", "Teacher login"), "HTTP 502", Status::critical,
              {"api_health"}),
  };
  event.view.behind = {
      problem("lessons", in("Список уроков", "Lessons"), "", Status::skipped, {"teacher_login"})};
  event.view.tools = {"health_check", "smoke_check"};
  Incident& incident = event.view.incident;
  incident.id = 7;
  incident.root = root.id;
  incident.cause = root.texts.title;
  incident.cause_id = root.id;
  incident.opened = ago(std::chrono::minutes{7});
  incident.status = Status::critical;
  return event;
}

// The same, well again after 12 minutes.
inline Event recovered(Lang lang = Lang::ru) {
  Event event = stopped(EventKind::closed, lang);
  event.view.ended = std::exchange(event.view.bad, {});
  event.view.behind.clear();
  event.view.incident.opened = ago(std::chrono::minutes{13});
  event.view.incident.ended = ago(std::chrono::minutes{1});
  return event;
}

}  // namespace lectio::events
