#include "smoke_check/smoke_check.hpp"

#include <memory>
#include <utility>

#include "check/scenario.hpp"
#include "site/smoke.hpp"

namespace lectio {
namespace {

using namespace std::chrono_literals;

Result<std::vector<Verdict>> run(const Scenario& scenario, Run& run) {
  ScenarioSettings settings = scenario_settings(run.config);
  // A dry run leaves nothing behind.
  if (run.dry_run == DryRun::on) forbid_payments(settings);
  return run_scenario(scenario, settings, run.selected, run.http, run.clock, run.deadline);
}

}  // namespace

Tool smoke_check() {
  Tool tool;
  tool.name = "smoke_check";
  tool.description = {
      "Работает ли сайт для учителей и учеников: страница, вход, уроки, записи, домашние задания, "
      "оплата",
      "Whether the site works for teachers and students: page, login, lessons, recordings, "
      "homework, payment"};
  tool.examples =
      "smoke_check\n"
      "smoke_check --only teacher_login,lessons -v\n"
      "smoke_check --format json\n";
  tool.deadline = 240s;
  tool.period = 300s;
  const auto scenario = std::make_shared<Scenario>();  // read once, with the list of its steps
  tool.checks = [scenario](const Config& config) -> Result<std::vector<CheckInfo>> {
    auto read = smoke_scenario(config);
    if (!read) return std::unexpected(read.error());
    *scenario = std::move(*read);
    return scenario->checks();
  };
  tool.run = [scenario](Run& given) { return run(*scenario, given); };
  return tool;
}

}  // namespace lectio
