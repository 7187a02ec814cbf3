#include "notify_failure/notify_failure.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <tuple>

#include "alert/catalogue.hpp"
#include "alert/html.hpp"
#include "check/redactor.hpp"
#include "io/process.hpp"
#include "io/procfs.hpp"
#include "site/health_checks.hpp"
#include "site/units.hpp"
#include "tool/alerting.hpp"
#include "tool/output.hpp"

namespace lectio {
namespace {

// health_check's own: what is told here is the very problem that it sees a moment later.
constexpr std::string_view watcher = "health_check";
constexpr Milliseconds watcher_period{60'000};
constexpr std::size_t log_lines = 8;

std::string without_type(std::string unit) {
  constexpr std::string_view type = ".service";
  if (unit.ends_with(type)) unit.resize(unit.size() - type.size());
  return unit;
}

// The check of health_check that looks at the unit.
std::optional<std::string> check_of(const Config& config, const std::string& unit) {
  for (const auto& [key, id] : {std::pair{"BACKEND_SERVICE", "backend_service"},
                                std::pair{"NGINX_SERVICE", "nginx_service"}}) {
    if (without_type(config.text(key)) == unit) return id;
  }
  for (const std::string& watched : config.list("WATCH_UNITS")) {
    if (without_type(watched) == unit) return "unit:" + watched;
  }
  return std::nullopt;
}

// Of lines that are short already. The last ones say why: the first are left out.
std::vector<std::string> last_that_fit(std::vector<std::string> lines) {
  constexpr std::size_t most = 580;  // UTF-16 code units: the whole summary has room for 700
  std::size_t units = 0;
  auto first = lines.end();
  while (first != lines.begin()) {
    units += length_after_parsing(escaped(*std::prev(first), 0)) + 1;
    if (units > most) break;
    --first;
  }
  lines.erase(lines.begin(), first);
  return lines;
}

class Failure {
 public:
  Failure(Act& act, std::string unit)
      : act_(act), unit_(std::move(unit)), systemd_(make_systemd()), began_(act.clock.boot()) {}

  Result<int> tell() {
    if (unit_.empty()) return fail(ErrorKind::config, "no unit is named: notify_failure UNIT");
    // What tells of failures and fails itself must not tell of that for ever.
    if (unit_.starts_with("failure-notifier@")) return 0;
    wait_for_its_last_words();
    if (const auto id = check_of(act_.config, unit_)) return tell_of(*id);
    return tell_of_stranger();
  }

 private:
  // systemd starts us at once, and what the unit said may still be on its way to the journal. A
  // journal that does not answer in time is told with what it holds.
  void wait_for_its_last_words() const {
    std::ignore = run_process({.argv = {"/usr/bin/journalctl", "--sync"},
                               .environment = {"PATH=/usr/bin:/bin"},
                               .timeout = std::chrono::seconds{5}},
                              act_.clock);
  }

  // One incident with health_check's, whoever is first.
  Result<int> tell_of(const std::string& id) {
    const auto verdicts = run_health_checks(
        act_.config, {id}, {act_.http, *systemd_, Procfs{}, act_.clock, act_.deadline});
    const auto found = std::ranges::find(verdicts, id, &Verdict::id);
    if (found == verdicts.end()) return fail(ErrorKind::config, "no check " + id);
    say(*found);
    if (act_.dry_run == DryRun::on) return exit_code(found->status);
    // It fell and is up again before anybody looked: no incident, but no secret either.
    if (found->status == Status::ok) {
      settle({}, {fact_of(*found)});
      return 0;
    }
    settle(verdicts, {});
    return exit_code(found->status);
  }

  // Nobody watches it, so nobody would see its end: an event, not an incident.
  Result<int> tell_of_stranger() {
    const CheckInfo check{.id = "unit:" + unit_, .severity = Severity::high};
    const Verdict verdict = judge(check, judge_unit(unit_, systemd_->unit(unit_)), Milliseconds{0});
    say(verdict);
    if (act_.dry_run == DryRun::off) settle({}, {fact_of(verdict)});
    return exit_code(verdict.status);
  }

  Problem fact_of(const Verdict& verdict) const {
    const Lang lang = alert_language(act_.config);
    const ToldVerdict told = Catalogue::builtin().tell(verdict, lang, names_of(act_.config));
    Problem fact;
    fact.id = verdict.id;
    fact.severity = verdict.status == Status::ok ? Severity::medium : Severity::high;
    fact.status = Status::warning;
    fact.texts.title = told.title;
    fact.texts.summary =
        verdict.status == Status::ok
            ? Catalogue::builtin().phrase("unit_up_again", lang, Facts{}.set("unit", unit_))
            : told.summary;
    Redactor redactor;
    for (const std::string& secret : act_.config.secrets()) redactor.add_secret(secret);
    std::vector<std::string> log = systemd_->log(unit_, log_lines);
    for (std::string& line : log) line = redactor.clean(line);
    for (const std::string& line : last_that_fit(std::move(log))) {
      fact.texts.summary += "\n" + line;
    }
    return fact;
  }

  // Of the watcher's other checks it says nothing.
  void settle(const std::vector<Verdict>& verdicts, std::vector<Problem> facts) {
    if (act_.config.text("ALERTS") == "off") return;
    Alerting alerting{act_.config, act_.http, act_.clock, act_.notes};
    const std::string tool = verdicts.empty() ? "notify_failure" : std::string{watcher};
    const Milliseconds period = verdicts.empty() ? Milliseconds{0} : watcher_period;
    alerting.settle(tool, period, began_, verdicts, {}, std::move(facts), act_.deadline);
  }

  void say(const Verdict& verdict) const {
    const ToldVerdict told = Catalogue::builtin().tell(verdict, act_.lang, names_of(act_.config));
    const std::string line = fmt::format("{}: {}\n", told.title, told.summary);
    std::fwrite(line.data(), 1, line.size(), stdout);
  }

  Act& act_;
  std::string unit_;
  std::unique_ptr<Systemd> systemd_;
  BootTime began_;
};

}  // namespace

Tool notify_failure() {
  Tool tool;
  tool.name = "notify_failure";
  tool.description = {
      "Сообщить об упавшем юните systemd (OnFailure=), одним инцидентом с health_check",
      "Tell of a systemd unit that failed (OnFailure=), in one incident with health_check"};
  tool.examples =
      "notify_failure teaching_panel\n"
      "notify_failure teaching_panel.service --dry-run";
  tool.deadline = std::chrono::seconds{45};
  const auto unit = std::make_shared<std::string>();
  tool.add_flags = [unit](CLI::App& app) {
    app.add_option("UNIT", *unit, "The unit, with or without .service")->required();
  };
  tool.act = [unit](Act& act) { return Failure{act, without_type(*unit)}.tell(); };
  return tool;
}

}  // namespace lectio
