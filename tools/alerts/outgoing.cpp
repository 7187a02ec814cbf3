#include <unistd.h>

#include <array>
#include <optional>

#include "alert/outbox.hpp"
#include "alert/problems.hpp"
#include "alert/suppression.hpp"
#include "alerts/commands.hpp"
#include "io/json_fields.hpp"
#include "tool/alerting.hpp"

namespace lectio {
namespace {

constexpr std::size_t longest_text = 16384;

struct FlushAnswer {
  int sent = 0;
  int waiting = 0;
  std::string trouble;
};

template <class Fields>
void describe(Fields& fields, FlushAnswer& answer) {
  fields("sent", answer.sent);
  fields("waiting", answer.waiting);
  fields("trouble", answer.trouble);
}

// What has become of an event.
struct SendAnswer {
  std::string outcome;  // sent, queued, held, refused, failed, off, dry_run
  bool sent = false;
  std::string reason;  // held: why, as `alerts why` has it
  std::string detail;
  std::string trouble;
};

template <class Fields>
void describe(Fields& fields, SendAnswer& answer) {
  fields("outcome", answer.outcome);
  fields("sent", answer.sent);
  fields("reason", answer.reason);
  fields("detail", answer.detail);
  fields("trouble", answer.trouble);
}

DeliveryReport deliver(const Desk& desk) {
  Act& act = desk.act();
  return Alerting{act.config, act.http, act.clock, act.notes}.deliver(act.deadline, Patience::none);
}

bool alerts_are_off(const Desk& desk) { return desk.act().config.text("ALERTS") == "off"; }

// What keeps it from being told now.
std::optional<HeldBecause> held_back(const Desk& desk, const Book& book, const Problem& event) {
  Act& act = desk.act();
  const PolicySettings settings = policy_settings(act.config);
  if (!is_told(event, settings)) return HeldBecause{"low", {}};
  const Now now = desk.now(book);
  RunSeen run;
  run.started = now.tick;
  std::vector<std::string> noted_later;
  const Surroundings around = look_around(act.config, act.clock, act.clock.boot(), noted_later);
  const auto held = suppression_of(book, event.id, run, around, now, settings);
  if (!held) return std::nullopt;
  return HeldBecause{held->reason, held->detail};
}

bool has_later(const Result<std::vector<std::uint64_t>>& numbers, std::uint64_t sequence) {
  return numbers && !numbers->empty() && numbers->back() > sequence;
}

// Of what was decided after `sequence`.
std::string outcome_since(const Desk& desk, std::uint64_t sequence) {
  const BookPlaces places = book_places(desk.act().config);
  std::string outcome = "sent";
  for (const std::string& directory : {places.directory, places.other}) {
    const Outbox outbox{outbox_directory(directory)};
    if (has_later(outbox.dead_numbers(), sequence)) return "refused";
    if (has_later(outbox.numbers(), sequence)) outcome = "queued";
  }
  return outcome;
}

std::string notes_since(const Act& act, std::size_t noted) {
  std::string text;
  for (std::size_t i = noted; i < act.notes.size(); ++i) {
    text += (text.empty() ? "" : "; ") + act.notes[i];
  }
  return text;
}

SendAnswer tell(const Desk& desk, Problem event) {
  Act& act = desk.act();
  SendAnswer answer;
  if (alerts_are_off(desk)) {
    answer.outcome = "off";
    return answer;
  }
  const std::size_t noted = act.notes.size();
  const auto book = desk.book();
  const auto because = book ? held_back(desk, *book, event) : std::nullopt;
  const std::uint64_t sequence = book ? book->sequence : 0;
  bool is_kept = true;
  if (act.dry_run == DryRun::off) {
    Alerting alerting{act.config, act.http, act.clock, act.notes};
    is_kept = alerting.settle("alerts", Milliseconds{0}, act.clock.boot(), {}, {},
                              {std::move(event)}, act.deadline);
  }
  if (!is_kept) {
    answer.outcome = "failed";
  } else if (because) {
    answer.outcome = "held";
    answer.reason = because->reason;
    answer.detail = because->detail;
  } else {
    answer.outcome = act.dry_run == DryRun::on ? "dry_run" : outcome_since(desk, sequence);
  }
  answer.sent = answer.outcome == "sent";
  if (!answer.sent) answer.trouble = notes_since(act, noted);
  return answer;
}

}  // namespace

std::string read_stdin() {
  std::string text;
  std::array<char, 4096> chunk{};
  while (true) {
    const ssize_t got = ::read(STDIN_FILENO, chunk.data(), chunk.size());
    if (got <= 0) break;
    if (text.size() < longest_text) text.append(chunk.data(), static_cast<std::size_t>(got));
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

Result<int> flush(const Desk& desk) {
  Act& act = desk.act();
  if (act.dry_run == DryRun::on) return status(desk);
  FlushAnswer answer;
  const Outbox outbox{outbox_directory(act.config.text("STATE_DIR"))};
  if (alerts_are_off(desk)) {
    std::vector<std::string> noted_before;
    const auto book = desk.book();
    const auto waiting = outbox.waiting(book ? book->sequence : 0, noted_before);
    const auto dead = outbox.dead_numbers();
    if (!waiting) return std::unexpected(waiting.error());
    if (!dead) return std::unexpected(dead.error());
    answer = {0, static_cast<int>(waiting->size() + dead->size()), desk.phrase("status_off")};
  } else {
    if (const auto revived = outbox.revive(); !revived) return std::unexpected(revived.error());
    const DeliveryReport report = deliver(desk);
    answer = {report.sent, report.waiting + report.dead, report.trouble};
  }
  if (desk.as_json()) {
    desk.say(to_json_fields(answer));
  } else {
    Facts facts;
    facts.set("sent", answer.sent).set("waiting", answer.waiting).set("trouble", answer.trouble);
    desk.say(desk.phrase("flush_done", facts));
  }
  return answer.waiting == 0 ? 0 : 1;
}

Result<int> send(const Desk& desk, const Asked& asked) {
  Problem event;
  event.id = "event";
  event.severity = parse_severity(asked.severity).value_or(Severity::high);
  event.status = event.severity == Severity::critical ? Status::critical : Status::warning;
  event.texts.title = asked.title;
  event.texts.summary = asked.text;
  if (event.texts.summary.empty()) return fail(ErrorKind::config, desk.phrase("send_empty"));
  const SendAnswer answer = tell(desk, std::move(event));
  if (desk.as_json()) {
    desk.say(to_json_fields(answer));
  } else {
    Facts facts;
    if (!answer.reason.empty()) {
      facts.set("reason",
                desk.phrase("why_" + answer.reason, Facts{}.set("detail", answer.detail)));
    }
    const bool is_never_told = answer.reason == "low";
    desk.say(desk.phrase(is_never_told ? "send_not_told" : "send_" + answer.outcome, facts));
  }
  if (answer.outcome == "refused" || answer.outcome == "failed") return 2;
  return answer.sent || answer.outcome == "dry_run" ? 0 : 1;
}

}  // namespace lectio
