#include <algorithm>
#include <string>
#include <vector>

#include "alert/book_file.hpp"
#include "alert/suppression.hpp"
#include "alerts/commands.hpp"
#include "io/json_fields.hpp"

namespace lectio {
namespace {

struct PastLine {
  std::string name;
  std::string check;
  std::string cause;
  WallTime opened{};
  WallTime ended{};
  Milliseconds lasted{0};
  Status status = Status::warning;
  std::string deploy;
};

template <class Fields>
void describe(Fields& fields, PastLine& line) {
  fields("name", line.name);
  fields("check", line.check);
  fields("cause", line.cause);
  fields("opened_ms", line.opened);
  fields("ended_ms", line.ended);
  fields("lasted_ms", line.lasted);
  fields("status", line.status);
  fields("deploy", line.deploy);
}

struct History {
  std::vector<PastLine> incidents;
};

template <class Fields>
void describe(Fields& fields, History& history) {
  fields("incidents", history.incidents);
}

struct HeldLine {
  std::string check;
  std::string title;
  Status status = Status::warning;
  std::string reason;
  std::string detail;
  WallTime first{};
  WallTime last{};
  int runs = 0;
};

template <class Fields>
void describe(Fields& fields, HeldLine& line) {
  fields("check", line.check);
  fields("title", line.title);
  fields("status", line.status);
  fields("reason", line.reason);
  fields("detail", line.detail);
  fields("first_ms", line.first);
  fields("last_ms", line.last);
  fields("runs", line.runs);
}

struct HeldBack {
  std::vector<HeldLine> held;
};

template <class Fields>
void describe(Fields& fields, HeldBack& back) {
  fields("held", back.held);
}

PastLine line_of(const PastIncident& past) {
  return {incident_name(past.id),
          past.cause_id,
          past.cause,
          past.opened,
          past.ended,
          past.lasted,
          past.status,
          past.deploy};
}

// Those that have ended and could still return are past for a person, too.
void add_ended(History& history, const Book& book, const Now& now) {
  const auto wall = [&](Tick tick) { return now.wall - (now.tick - tick); };
  for (const Incident& incident : book.incidents) {
    if (!incident.ended) continue;
    history.incidents.push_back({incident_name(incident.id), incident.cause_id, incident.cause,
                                 wall(incident.opened), wall(*incident.ended),
                                 *incident.ended - incident.opened, incident.status,
                                 incident.deploy});
  }
}

}  // namespace

Result<int> history(const Desk& desk, const Asked& asked) {
  const auto book = desk.book();
  if (!book) return std::unexpected(book.error());
  const auto past = read_history(desk.act().config.text("STATE_DIR"));
  if (!past) return std::unexpected(past.error());
  const Now now = desk.now(*book);
  History history;
  std::ranges::transform(*past, std::back_inserter(history.incidents), line_of);
  add_ended(history, *book, now);
  const auto limit = static_cast<std::ptrdiff_t>(asked.limit);
  if (std::ssize(history.incidents) > limit) {
    history.incidents.erase(history.incidents.begin(), history.incidents.end() - limit);
  }
  if (desk.as_json()) {
    desk.say(to_json_fields(history));
    return 0;
  }
  if (history.incidents.empty()) desk.say(desk.phrase("history_none"));
  const Wording words = desk.wording(now);
  const auto tick = [&](WallTime wall) {
    return now.tick - std::chrono::duration_cast<Milliseconds>(now.wall - wall);
  };
  for (const PastLine& line : history.incidents) {
    Facts facts;
    facts.set("name", line.name)
        .set("span", words.span(tick(line.opened), tick(line.ended)))
        .set("duration", words.duration(line.lasted))
        .set("cause", line.cause)
        .set("deploy", line.deploy);
    desk.say(desk.phrase("history_line", facts));
  }
  return 0;
}

Result<int> why(const Desk& desk, const Asked& asked) {
  const auto book = desk.book();
  if (!book) return std::unexpected(book.error());
  const Now now = desk.now(*book);
  const auto wall = [&](Tick tick) { return now.wall - (now.tick - tick); };
  const Wording words = desk.wording(now);
  HeldBack back;
  std::vector<std::string> lines;
  for (const Held& held : book->held) {
    if (!covers(asked.check, held.id)) continue;
    back.held.push_back({held.id, held.title, held.status, held.reason, held.detail,
                         wall(held.first), wall(held.last), held.runs});
    Facts facts;
    facts
        .set("span",
             held.first == held.last ? words.time(held.first) : words.span(held.first, held.last))
        .set("title", held.title)
        .set("check", held.id)
        .set("reason", desk.phrase("why_" + held.reason, Facts{}.set("detail", held.detail)));
    if (held.runs > 1) facts.set("runs", held.runs);
    if (held.status == Status::ok) facts.set("end", desk.phrase("why_end"));
    lines.push_back(desk.phrase("why_line", facts));
  }
  if (desk.as_json()) {
    desk.say(to_json_fields(back));
    return 0;
  }
  if (lines.empty()) desk.say(desk.phrase("why_none"));
  for (const std::string& line : lines) desk.say(line);
  return 0;
}

}  // namespace lectio
