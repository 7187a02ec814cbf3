#include "alert/book.hpp"

#include <algorithm>
#include <utility>

#include "io/json_fields.hpp"

namespace lectio {
namespace {

template <class Container, class Id>
auto* found_in(Container& container, const Id& id) {
  const auto found =
      std::ranges::find_if(container, [&](const auto& item) { return item.id == id; });
  return found == container.end() ? nullptr : &*found;
}

}  // namespace

template <class Fields>
void describe(Fields& fields, ToldTexts& texts) {
  fields("title", texts.title);
  fields("summary", texts.summary);
  fields("meaning", texts.meaning);
  fields("action", texts.action);
  fields("log", texts.log);
  fields("repair", texts.repair);
}

template <class Fields>
void describe(Fields& fields, Problem& problem) {
  fields("id", problem.id);
  fields("tool", problem.tool);
  fields("period_ms", problem.period);
  fields("status", problem.status);
  fields("severity", problem.severity);
  fields("code", problem.code);
  fields("explained_by", problem.explained_by);
  fields("texts", problem.texts);
  fields("since", problem.since);
  fields("seen", problem.seen);
  fields("looked", problem.looked);
  fields("looked_by", problem.looked_by);
  fields("bad_runs", problem.bad_runs);
  fields("good_runs", problem.good_runs);
  fields("incident", problem.incident);
  fields("ended", problem.ended);
  fields("sounded", problem.sounded);
  fields("sounded_at", problem.sounded_at);
  fields("deploy", problem.deploy);
  fields("confirm_runs", problem.confirm_runs);
  fields("times", problem.times);
}

template <class Fields>
void describe(Fields& fields, Incident& incident) {
  fields("id", incident.id);
  fields("root", incident.root);
  fields("cause", incident.cause);
  fields("cause_id", incident.cause_id);
  fields("opened", incident.opened);
  fields("told", incident.told);
  fields("status", incident.status);
  fields("loud", incident.loud);
  fields("reminders", incident.reminders);
  fields("edited", incident.edited);
  fields("shown", incident.shown);
  fields("sounded", incident.sounded);
  fields("flapping", incident.flapping);
  fields("owed", incident.owed);
  fields("changed", incident.changed);
  fields("deploy", incident.deploy);
  fields("repair", incident.repair);
  fields("checks", incident.checks);
  fields("ended", incident.ended);
}

template <class Fields>
void describe(Fields& fields, Mute::Hidden& hidden) {
  fields("id", hidden.id);
  fields("title", hidden.title);
  fields("since", hidden.since);
  fields("seen", hidden.seen);
}

template <class Fields>
void describe(Fields& fields, Mute& mute) {
  fields("check", mute.check);
  fields("reason", mute.reason);
  fields("who", mute.who);
  fields("no_repair", mute.no_repair);
  fields("since", mute.since);
  fields("until", mute.until);
  fields("hidden", mute.hidden);
}

template <class Fields>
void describe(Fields& fields, Series& series) {
  fields("id", series.id);
  fields("incident", series.incident);
  fields("fact", series.fact);
  fields("begun", series.begun);
  fields("last", series.last);
  fields("edited", series.edited);
  fields("shown", series.shown);
}

template <class Fields>
void describe(Fields& fields, Held& held) {
  fields("id", held.id);
  fields("title", held.title);
  fields("status", held.status);
  fields("reason", held.reason);
  fields("detail", held.detail);
  fields("first", held.first);
  fields("last", held.last);
  fields("runs", held.runs);
}

template <class Fields>
void describe(Fields& fields, MarkerMemory& marker) {
  fields("identity", marker.identity);
  fields("first", marker.first);
  fields("touched", marker.touched);
  fields("active", marker.active);
  fields("ended", marker.ended);
  fields("label", marker.label);
}

template <class Fields>
void describe(Fields& fields, ToolRun& run) {
  fields("tool", run.tool);
  fields("checks", run.checks);
}

namespace {

struct Document {
  int schema = 1;
  Book book;
};

}  // namespace

template <class Fields>
void describe(Fields& fields, Document& document) {
  Book& book = document.book;
  fields("schema", document.schema);
  fields("saves", book.saves);
  fields("sequence", book.sequence);
  fields("last_incident", book.last_incident);
  fields("tick", book.tick);
  fields("wall_ms", book.wall);
  fields("boot_ms", book.boot);
  fields("boot_id", book.boot_id);
  fields("problems", book.problems);
  fields("incidents", book.incidents);
  fields("mutes", book.mutes);
  fields("held", book.held);
  fields("facts", book.facts);
  fields("series", book.series);
  fields("tools", book.tools);
  fields("marker", book.marker);
  fields("muted_told", book.muted_told);
  fields("legacy_mute", book.legacy_mute);
  fields("proof", book.proof);
  fields("incidents_since_proof", book.incidents_since_proof);
}

Problem* Book::find(std::string_view id) { return found_in(problems, id); }
const Problem* Book::find(std::string_view id) const { return found_in(problems, id); }
Incident* Book::incident(std::uint64_t id) { return found_in(incidents, id); }
const Incident* Book::incident(std::uint64_t id) const { return found_in(incidents, id); }

Book begin_book(WallTime now) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
  Book book;
  book.sequence = book.last_incident =
      static_cast<std::uint64_t>(std::max<std::int64_t>(seconds, 0));
  return book;
}

std::string to_json(Book book) {
  std::string json = to_json_fields(Document{1, std::move(book)});
  json += '\n';
  return json;
}

Result<Book> parse_book(std::string_view json) {
  auto document = parse_json_fields<Document>(json);
  if (!document) return std::unexpected(document.error());
  if (document->schema != 1) return fail(ErrorKind::protocol, "its schema is not 1");
  return std::move(document->book);
}

}  // namespace lectio
