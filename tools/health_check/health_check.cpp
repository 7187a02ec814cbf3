#include "health_check/health_check.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>
#include <memory>

#include "health_check/repair.hpp"
#include "health_check/repair_budget.hpp"
#include "health_check/site_errors.hpp"
#include "io/procfs.hpp"
#include "site/health_checks.hpp"
#include "tool/deploy_now.hpp"
#include "tool/test_alert.hpp"

namespace lectio {

Tool health_check() {
  Tool tool;
  tool.name = "health_check";
  tool.description = {
      "Жив ли сервер: сайт снаружи и изнутри, службы, воркеры, сборка, диск, память",
      "Is the server well: the site from outside and inside, units, workers, build, disk, memory"};
  tool.examples =
      "health_check                        a table of everything\n"
      "health_check --only workers,memory  these two and what they need\n"
      "health_check --format json          for scripts\n"
      "health_check --list                 the ids of the checks";
  tool.deadline = Milliseconds{55000};
  tool.period = Milliseconds{60000};
  const auto test_alert = std::make_shared<bool>(false);
  tool.add_flags = [test_alert](CLI::App& app) {
    app.add_flag("--test-alert", *test_alert, "Send a test message, as `alerts test` does");
  };
  tool.instead = [test_alert](Act& act) -> std::optional<Result<int>> {
    if (!*test_alert) return std::nullopt;
    return send_test_alert(act.config, act.format, act.dry_run, act.lang, act.http, act.deadline);
  };
  tool.checks = [](const Config& config) -> Result<std::vector<CheckInfo>> {
    std::vector<CheckInfo> checks = health_checks(config);
    checks.push_back(site_errors_check());
    return checks;
  };
  tool.run = [](Run& run) -> Result<std::vector<Verdict>> {
    const Procfs procfs;
    std::vector<Verdict> verdicts =
        run_health_checks(run.config, run.selected,
                          {run.http, run.systemd, procfs, run.clock, run.deadline,
                           spent_marker(run.config, run.clock)});
    if (run.selected.contains(site_errors_check().id)) {
      std::ranges::move(look_at_site_errors(run), std::back_inserter(verdicts));
    }
    return verdicts;
  };
  tool.mend = repair;
  tool.measure = [](Run& run, Metrics& metrics) {
    const auto faults = load_faults(run.config.text("STATE_DIR"));
    if (faults) add_repairs(metrics, *faults, run.clock.wall());
  };
  return tool;
}

}  // namespace lectio
