#include "deep_check/deep_check.hpp"

#include "deep_check/deep_checks.hpp"

namespace lectio {

Tool deep_check() {
  using namespace std::chrono_literals;
  Tool tool;
  tool.name = "deep_check";
  tool.description = {
      "Раз в час: сертификат, место, память, воркеры, ошибки nginx за час, база и её копия, "
      "миграции, упавшие юниты, часы",
      "Once an hour: certificate, room, memory, workers, nginx's errors of the hour, the database "
      "and its backup, migrations, failed units, clock"};
  tool.examples =
      "deep_check\n"
      "deep_check --only certificate -v\n"
      "deep_check --format json\n";
  tool.deadline = 600s;
  tool.period = 3600s;
  tool.checks = [](const Config& config) -> Result<std::vector<CheckInfo>> {
    return deep_checks(config);
  };
  tool.run = [](Run& run) -> Result<std::vector<Verdict>> { return run_deep_checks(run); };
  return tool;
}

}  // namespace lectio
