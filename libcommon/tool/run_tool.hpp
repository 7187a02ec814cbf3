// The main() of every tool: flags, config, lock, deadline, one catch, exit code.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "alert/book.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "check/check.hpp"
#include "io/http.hpp"
#include "io/systemd.hpp"
#include "report/prometheus.hpp"
#include "site/config.hpp"

namespace CLI {
class App;
}

namespace lectio {

enum class DryRun { off, on };
enum class Format { text, json, nagios, prometheus };

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
  // What it leaves to the next one, to be written once what it found cannot be lost any more. Not
  // called after a run that tells nobody: cron's next one has to find the same.
  std::function<void()> remember = nullptr;
};

// Of a tool that does not check but acts for a person.
struct Act {
  const Config& config;
  Format format;
  DryRun dry_run;
  Lang lang;
  Clock& clock;
  Deadline deadline;
  Http& http;
  std::vector<std::string>& notes;
};

// Of a tool that may come before there is a configuration.
struct Start {
  const std::string& config_path;
  DryRun dry_run;
  std::optional<Lang> lang;  // empty: not asked for
  const Config::Environment& environment;
  Clock& clock;
};

// What a repair has made of a run's verdicts.
struct Mended {
  std::vector<Verdict> verdicts;  // as it is now: these are told; the run reports what it found
  std::vector<Problem> events;
};

struct Tool {
  std::string name;
  LocalText description;
  std::string examples;   // for --help, a line each
  Milliseconds deadline;  // below the cron period
  // Of the cron line; 0: not started by cron, leaves no run stamp and alerts nobody.
  Milliseconds period{0};
  bool repeatable = true;  // a run may be repeated at once when the first is not believed
  // The tool's own flags; null when it has none.
  std::function<void(CLI::App&)> add_flags;
  // What it can check with this configuration.
  std::function<Result<std::vector<CheckInfo>>(const Config&)> checks;
  // Runs the selected ones. An error means the tool could not run (exit 3).
  std::function<Result<std::vector<Verdict>>(Run&)> run;
  // After a run that is cron's, or dry: mends what it can of what was found. Null: nothing.
  std::function<Mended(Run&, const std::vector<Verdict>&)> mend;
  // Before a configuration is read, unless the run is to be of some checks or in another form than
  // text: a code ends the run, empty goes on to the checks.
  std::function<std::optional<Result<int>>(Start&)> prepare;
  // Adds to the metrics what no check says; those of the book, the outbox and the deploy go with
  // them. Null: this tool's metrics are its run's and its checks'.
  std::function<void(Run&, Metrics&)> measure;
  // Instead of `checks` and `run`; returns the exit code.
  std::function<Result<int>(Act&)> act;
  // A flag of a checking tool that asks for an act instead; empty: it was not given.
  std::function<std::optional<Result<int>>(Act&)> instead;
};

// Exit code: 0 ok, 1 warning, 2 critical, or this.
inline constexpr int could_not_run = 3;

int run_tool(int argc, char** argv, const Tool& tool);

}  // namespace lectio
