#include <unistd.h>

#include <array>

#include "alert/outbox.hpp"
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

struct SendAnswer {
  bool sent = false;
  std::string trouble;
};

template <class Fields>
void describe(Fields& fields, SendAnswer& answer) {
  fields("sent", answer.sent);
  fields("trouble", answer.trouble);
}

DeliveryReport deliver(const Desk& desk) {
  Act& act = desk.act();
  return Alerting{act.config, act.http, act.clock, act.notes}.deliver(act.deadline, Patience::none);
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
  const Outbox outbox{outbox_directory(act.config.text("STATE_DIR"))};
  if (const auto revived = outbox.revive(); !revived) return std::unexpected(revived.error());
  const DeliveryReport report = deliver(desk);
  FlushAnswer answer{report.sent, report.waiting + report.dead, report.trouble};
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
  Act& act = desk.act();
  Problem fact;
  fact.id = "event";
  fact.severity = parse_severity(asked.severity).value_or(Severity::high);
  fact.status = fact.severity == Severity::critical ? Status::critical : Status::warning;
  fact.texts.title = asked.title;
  fact.texts.summary = asked.text;
  if (fact.texts.summary.empty()) return fail(ErrorKind::config, desk.phrase("send_empty"));
  SendAnswer answer;
  if (act.dry_run == DryRun::off) {
    Alerting alerting{act.config, act.http, act.clock, act.notes};
    const std::size_t noted = act.notes.size();
    alerting.settle("alerts", Milliseconds{0}, act.clock.boot(), {}, {}, {std::move(fact)},
                    act.deadline);
    answer.sent = act.notes.size() == noted;
    if (!answer.sent) answer.trouble = act.notes.back();
  }
  if (desk.as_json()) {
    desk.say(to_json_fields(answer));
  } else {
    desk.say(desk.phrase("send_queued"));
  }
  return answer.sent || act.dry_run == DryRun::on ? 0 : 1;
}

}  // namespace lectio
