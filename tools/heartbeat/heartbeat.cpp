#include "heartbeat/heartbeat.hpp"

#include <algorithm>

#include "alert/alert_path.hpp"
#include "alert/ping.hpp"
#include "heartbeat/site_health.hpp"
#include "heartbeat/summary.hpp"
#include "site/tools_fresh.hpp"
#include "tool/alerting.hpp"
#include "tool/deploy_now.hpp"
#include "tool/output.hpp"

namespace lectio {
namespace {

const CheckInfo site_health{
    .id = "site_health",
    .severity = Severity::critical,
    .explained_by = {"api_health", "backend", "backend_service", "workers"}};
const CheckInfo tools_fresh{.id = "tools_fresh", .severity = Severity::high};
const CheckInfo ping{.id = "ping",
                     .severity = Severity::medium,
                     .needs = {"site_health", "tools_fresh", "alert_path"}};

// One run. What the probes read for each other and for the ping's line is kept here.
class Heartbeat {
 public:
  explicit Heartbeat(Run& run) : run_(run) {}

  std::vector<Verdict> beat() {
    const bool unwanted =
        run_.config.text("HEARTBEAT") == "off" || !run_.config.is_set("HEARTBEAT_URL");
    const bool off = unwanted && run_.selected.contains(ping.id);
    auto verdicts =
        run_checks(off ? nothing_to_do() : table(), run_.selected, run_.clock, run_.deadline);
    const auto withheld = std::ranges::find_if(verdicts, [](const Verdict& verdict) {
      return verdict.id == ping.id && verdict.code == "needs";
    });
    if (withheld != verdicts.end()) tell_failure(*withheld, verdicts);
    return verdicts;
  }

 private:
  std::vector<Check> nothing_to_do() const {
    std::vector<Check> checks;
    for (CheckInfo info : {site_health, tools_fresh, alert_path_check(), ping}) {
      info.needs.clear();
      checks.push_back({std::move(info), [](const Findings&) -> Finding {
                          return {Outcome::skipped, "heartbeat_off", {}};
                        }});
    }
    return checks;
  }

  std::vector<Check> table() {
    return {{site_health,
             [this](const Findings&) {
               return site_ = probe_site_health(run_.config, run_.http, run_.deadline);
             }},
            {tools_fresh,
             [this](const Findings&) {
               return probe_tools_fresh(run_.config, run_.clock,
                                        deploy_under_way(run_.config, run_.clock), ages_,
                                        run_.notes);
             }},
            {alert_path_check(), [this](const Findings&) { return alert_path(); }},
            {ping, [this](const Findings&) {
               return send(PingKind::success, success_line(host_name(), site_, ages_));
             }}};
  }

  // An owner who is not told of a failure hears it from the outside server.
  Finding alert_path() {
    if (run_.config.text("ALERTS") == "off") return {Outcome::good, "alert_path_off", {}};
    return probe_alert_path(outbox_directory(run_.config.text("STATE_DIR")),
                            delivery_settings(run_.config), run_.clock, run_.notes);
  }

  Finding send(PingKind kind, std::string line) {
    const std::string url = run_.config.text("HEARTBEAT_URL");
    if (run_.dry_run == DryRun::on) {
      return {Outcome::skipped, kind == PingKind::success ? "ping_dry_run" : "ping_fail_dry_run",
              Facts{}.set("host", ping_host(url)).set("body", std::move(line))};
    }
    return send_ping({.url = url,
                      .kind = kind,
                      .body = std::move(line),
                      .timeout = run_.config.seconds("HEARTBEAT_TIMEOUT")},
                     run_.http, run_.clock, run_.deadline);
  }

  // A deploy breaks things for a moment on purpose: its silence is told by nobody.
  bool deploy_goes_on() {
    const auto marker = deploy_under_way(run_.config, run_.clock);
    return marker && marker->has_value();
  }

  // The ping was not sent; with HEARTBEAT_FAIL the server hears why, at once.
  void tell_failure(Verdict& withheld, const std::vector<Verdict>& verdicts) {
    withheld.code = "ping_withheld";
    const bool broken = std::ranges::any_of(verdicts, [](const Verdict& verdict) {
      return verdict.status != Status::ok && verdict.status != Status::skipped;
    });
    if (!broken || !run_.config.flag("HEARTBEAT_FAIL") || deploy_goes_on()) return;
    Finding told = send(PingKind::failure, failure_line(host_name(), verdicts));
    if (told.outcome == Outcome::good) {
      withheld.code = "ping_fail_told";
    } else if (told.outcome == Outcome::skipped) {
      withheld.code = told.code;
    } else {
      withheld.code = "ping_fail_untold";
      told.facts.set("cause", told.code);
    }
    for (const auto& [name, value] : told.facts) withheld.facts.set(name, to_text(value));
  }

  Run& run_;
  Finding site_;
  std::vector<StampAge> ages_;
};

}  // namespace

Tool heartbeat_tool() {
  Tool tool;
  tool.name = "heartbeat";
  tool.description = {"Говорит внешнему серверу (Healthchecks), что сайт и его мониторинг живы",
                      "Tells an outside server (Healthchecks) that the site and its monitor live"};
  tool.examples =
      "  heartbeat                      ping, if the site is healthy and the other tools run\n"
      "  heartbeat --dry-run            look, ping nothing, say what would be sent\n"
      "  heartbeat --only site_health   only ask the site\n";
  tool.deadline = std::chrono::seconds{50};
  tool.period = std::chrono::seconds{60};
  tool.repeatable = false;  // it has pinged
  tool.checks = [](const Config&) -> Result<std::vector<CheckInfo>> {
    return std::vector{site_health, tools_fresh, alert_path_check(), ping};
  };
  tool.run = [](Run& run) -> Result<std::vector<Verdict>> { return Heartbeat{run}.beat(); };
  return tool;
}

}  // namespace lectio
