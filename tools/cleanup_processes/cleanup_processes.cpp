#include "cleanup_processes/cleanup_processes.hpp"

#include <CLI/CLI.hpp>
#include <memory>

#include "cleanup_processes/cleanup_checks.hpp"

namespace lectio {

Tool cleanup_processes() {
  using namespace std::chrono_literals;
  const auto apply = std::make_shared<bool>(false);
  Tool tool;
  tool.name = "cleanup_processes";
  tool.description = {
      "Раз в час: забытые процессы и старые логи, которые назвал config.env; без --apply только "
      "показывает",
      "Hourly: forgotten processes and old logs that config.env names; without --apply it only "
      "shows them"};
  tool.examples =
      "cleanup_processes\n"
      "cleanup_processes --apply\n"
      "cleanup_processes --only old_logs --apply\n";
  tool.deadline = 50s;
  tool.period = 1h;
  tool.repeatable = false;
  tool.add_flags = [apply](CLI::App& app) {
    app.add_flag("--apply", *apply, "end the processes and remove the logs");
  };
  tool.checks = cleanup_checks;
  tool.run = [apply](Run& run) -> Result<std::vector<Verdict>> {
    return run_cleanup_checks(run, *apply ? Cleanup::act : Cleanup::look);
  };
  return tool;
}

}  // namespace lectio
