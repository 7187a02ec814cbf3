// The main() of every tool: flags, config, lock, deadline, one catch, exit code.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "check/check.hpp"
#include "io/http.hpp"
#include "io/systemd.hpp"
#include "site/config.hpp"

namespace CLI {
class App;
}

namespace lectio {

enum class DryRun { off, on };

// All that a tool's run may use. Nothing below reads a flag or the environment.
struct Run {
  const Config& config;
  const Selection& selected;
  DryRun dry_run;
  Lang lang;
  Clock& clock;
  Deadline deadline;
  Http& http;
  Systemd& systemd;
  std::vector<std::string>& notes;  // the run's own trouble, one line each
};

struct Tool {
  std::string name;
  LocalText description;
  std::string examples;    // for --help, a line each
  Milliseconds deadline;   // below the cron period
  Milliseconds period{0};  // of the cron line; 0: not started by cron, leaves no run stamp
  // The tool's own flags; null when it has none.
  std::function<void(CLI::App&)> add_flags;
  // What it can check with this configuration.
  std::function<Result<std::vector<CheckInfo>>(const Config&)> checks;
  // Runs the selected ones. An error means the tool could not run (exit 3).
  std::function<Result<std::vector<Verdict>>(Run&)> run;
};

// Exit code: 0 ok, 1 warning, 2 critical, 3 could not run.
int run_tool(int argc, char** argv, const Tool& tool);

}  // namespace lectio
