#include "tool/run_tool.hpp"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "alert/alert_path.hpp"
#include "io/file.hpp"
#include "io/procfs.hpp"
#include "io/system_clock.hpp"
#include "report/report.hpp"
#include "report/run_metrics.hpp"
#include "site/run_stamp.hpp"
#include "site/site_request.hpp"
#include "tool/alerting.hpp"
#include "tool/flags.hpp"
#include "tool/metrics_file.hpp"
#include "tool/monitor_metrics.hpp"
#include "tool/output.hpp"
#include "tool/run_log.hpp"

namespace lectio {
namespace {

constexpr Milliseconds next_run_is_near{60'000};
constexpr Milliseconds longest_wait{20'000};  // for another instance to end
constexpr Milliseconds between_tries{200};

// A probe that the kernel holds (a dead NFS mount) passes every deadline of ours:
// this one ends the process.
void end_at(Milliseconds deadline) {
  std::signal(SIGALRM, [](int /*signal*/) {
    constexpr std::string_view message = "the deadline passed and a check still hangs\n";
    static_cast<void>(!::write(STDERR_FILENO, message.data(), message.size()));
    ::_exit(could_not_run);
  });
  constexpr Milliseconds grace{3000};
  ::alarm(static_cast<unsigned>(std::chrono::ceil<std::chrono::seconds>(deadline + grace).count()));
}

// Passwords and tokens are in memory: no core dump, nothing readable in files we make.
void keep_secrets() {
  ::umask(0077);
#ifndef __SANITIZE_ADDRESS__  // the leak checker has to trace its own process
  ::prctl(PR_SET_DUMPABLE, 0);
#endif
}

std::optional<std::string> from_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>{value};
}

// One run of one tool, from the flags to the exit code.
class Session {
 public:
  Session(const Tool& tool, const Flags& flags, const Config& config)
      : tool_(tool),
        flags_(flags),
        config_(config),
        lang_(flags.lang.value_or(parse_lang(config.text("ALERT_LANG")).value_or(Lang::ru))) {}

  Result<int> run() {
    if (flags_.check_config) {
      const auto known = tool_.checks ? tool_.checks(config_) : std::vector<CheckInfo>{};
      if (!known) return std::unexpected(known.error());  // what the keys name is no good
      return print_config(config_, flags_);
    }
    if (flags_.format == Format::prometheus && tool_.period.count() == 0) {
      return fail(
          ErrorKind::config,
          fmt::format("{} has no metrics: --format prometheus is for tools that cron starts "
                      "and that look at something",
                      tool_.name));
    }
    if (tool_.act) return *act(tool_.act);
    if (tool_.instead) {
      if (auto code = act(tool_.instead)) return *code;
    }
    const auto checks = tool_.checks(config_);
    if (!checks) return std::unexpected(checks.error());
    if (flags_.list) {
      print_list(*checks, config_, flags_, lang_);
      return 0;
    }
    const auto selected = select(*checks, flags_.only, flags_.skip);
    if (!selected) return std::unexpected(selected.error());

    std::optional<Fd> lock;
    if (flags_.dry_run == DryRun::off) {
      auto taken = take_lock();
      if (!taken) {
        notes_.push_back(taken.error().message);
      } else if (!taken->has_value()) {
        return somebody_else_runs();
      } else {
        lock = std::move(*taken);
      }
    }
    return check(*checks, *selected);
  }

 private:
  Milliseconds budget() const {
    if (!flags_.deadline_seconds) return tool_.deadline;
    return Milliseconds{static_cast<std::int64_t>(*flags_.deadline_seconds * 1000)};
  }

  template <class Function>
  std::optional<Result<int>> act(const Function& function) {
    end_at(budget());
    const auto http = make_http(clock_, http_settings(config_));
    Act act{config_, flags_.format.value_or(Format::text), flags_.dry_run, lang_,
            clock_,  Deadline{clock_, budget()},           *http,          notes_};
    std::optional<Result<int>> code = function(act);
    for (const std::string& note : notes_) fmt::print(stderr, "{}: {}\n", tool_.name, note);
    return code;
  }

  // Cron's runs tell; a person's, on a terminal, only when asked to.
  bool alerts() const {
    return tool_.period.count() > 0 && flags_.dry_run == DryRun::off &&
           config_.text("ALERTS") != "off" && (flags_.alert || !stdout_is_terminal());
  }

  Result<std::optional<Fd>> take_lock() {
    // Beside the deploy marker: what is made there looks like the end of a deploy.
    const std::string directory = config_.text("RUN_DIR") + "/locks";
    if (auto made = make_directory(directory); !made) return std::unexpected(made.error());
    const std::string path = fmt::format("{}/{}.lock", directory, tool_.name);
    auto taken = try_lock(path);
    // A run of a few checks is soon over; cron's own looks at them all.
    const bool is_patient = is_whole() && !flags_.format && !stdout_is_terminal();
    const Deadline patience{clock_,
                            is_patient ? std::min(longest_wait, budget() / 3) : Milliseconds{0}};
    while (taken && !*taken && !patience.passed()) {
      clock_.sleep(between_tries);
      taken = try_lock(path);
    }
    return taken;
  }

  // Cron is answered with one line and 0: the run it wanted is going on.
  int somebody_else_runs() {
    const std::string note = "another instance is still running";
    fmt::print(stderr, "{}: {}\n", tool_.name, note);
    if (!flags_.format && !stdout_is_terminal()) return 0;
    Report report = empty_report();
    report.status = Status::unknown;
    report.notes.push_back(note);
    if (flags_.format == Format::prometheus) {
      Metrics metrics = begin_metrics(config_, tool_.name);
      add_run(metrics, report, std::nullopt);
      report.metrics = metrics.text();
      report.notes.clear();
    }
    if (flags_.format && *flags_.format != Format::text) print(report, flags_, lang_);
    return exit_code(Status::unknown);
  }

  Report empty_report() {
    Report report;
    report.tool = tool_.name;
    report.version = LECTIO_VERSION;
    report.host = host_name();
    report.started = clock_.wall();
    return report;
  }

  Result<int> check(const std::vector<CheckInfo>& checks, const Selection& selected) {
    Report report = empty_report();
    BootTime began = clock_.boot();
    // What the wait for another instance has left of it.
    const Milliseconds left = budget() - std::chrono::duration_cast<Milliseconds>(began - started_);
    end_at(left);
    const auto http = make_http(clock_, http_settings(config_));
    const auto systemd = make_systemd();
    const Deadline deadline{clock_, left};
    // Whatever hangs: there is time left to tell of it.
    const Milliseconds for_alerts =
        alerts() ? std::min(config_.seconds("ALERT_BUDGET"), left / 2) : Milliseconds{0};
    Run run{config_, selected, flags_.dry_run, lang_, clock_, Deadline{clock_, left - for_alerts},
            *http,   *systemd, notes_};
    auto verdicts = tool_.run(run);
    Alerting alerting{config_, *http, clock_, notes_};
    BootTime as_of = began;
    if (verdicts && alerts() && wait_until_settled(*verdicts, alerting, began, run.deadline)) {
      as_of = clock_.boot();
      if (tool_.repeatable) {
        began = as_of;
        verdicts = tool_.run(run);
      }
    }
    if (!verdicts) return std::unexpected(verdicts.error());
    if (config_.text("ALERTS") != "off" && tool_.period.count() > 0) {
      const bool asked =
          std::ranges::find(*verdicts, alert_path_check().id, &Verdict::id) != verdicts->end();
      auto trouble = asked ? std::nullopt : alerting.trouble();
      if (trouble) verdicts->push_back(std::move(*trouble));
    }
    Mended mended;
    if (tool_.mend && (alerts() || flags_.dry_run == DryRun::on)) {
      mended = tool_.mend(run, *verdicts);
      find_roots(mended.verdicts);
    }
    find_roots(*verdicts);
    report.status = overall(*verdicts);
    report.took = std::chrono::duration_cast<Milliseconds>(clock_.boot() - began);
    std::optional<RunTimes> times;
    if (flags_.dry_run == DryRun::off && is_whole() && tool_.period.count() > 0) {
      times = leave_stamp(report);
    }
    bool is_kept = flags_.dry_run == DryRun::off && config_.text("ALERTS") == "off";
    if (alerts()) {
      std::vector<std::string> known;
      if (is_whole()) std::ranges::transform(checks, std::back_inserter(known), &CheckInfo::id);
      is_kept =
          alerting.settle(tool_.name, tool_.period, as_of, tool_.mend ? mended.verdicts : *verdicts,
                          std::move(known), std::move(mended.events), deadline);
    }
    if (is_kept && run.remember) run.remember();
    if (state_error_.empty()) state_error_ = alerting.state_error();
    if (alerts() && !state_error_.empty()) {
      add_state_trouble(*verdicts);
      report.status = overall(*verdicts);
    }
    if (flags_.format == Format::prometheus || (times && config_.is_set("METRICS_DIR"))) {
      Metrics metrics = begin_metrics(config_, tool_.name);
      add_run(metrics, report, times);
      add_checks(metrics, *verdicts, checks);
      if (tool_.measure) {
        add_monitor(metrics, config_, clock_, began, alerting);
        tool_.measure(run, metrics);
      }
      publish(metrics, report, times.has_value());
    }
    tell(report, *verdicts);
    return exit_code(report.status);
  }

  // The end of a deploy is no time to judge: what looks bad then is looked at again. What cannot be
  // looked at again is told once the deploy has settled, unless the next run is near. True: do.
  bool wait_until_settled(const std::vector<Verdict>& verdicts, Alerting& alerting, BootTime began,
                          const Deadline& deadline) {
    if (tool_.repeatable ? overall(verdicts) == Status::ok : tool_.period <= next_run_is_near) {
      return false;
    }
    const Milliseconds wait = alerting.unsettled(began);
    const auto took = std::chrono::duration_cast<Milliseconds>(clock_.boot() - began);
    if (wait.count() == 0 || deadline.left() < wait + took) return false;
    clock_.sleep(wait);
    return true;
  }

  // What --skip leaves out stands in a crontab, and is left out for good.
  bool is_whole() const { return flags_.only.empty(); }

  // Alerts go out without STATE_DIR, but what they are based on is not remembered.
  void add_state_trouble(std::vector<Verdict>& verdicts) const {
    const CheckInfo info = alert_path_check();
    const auto known = std::ranges::find(verdicts, info.id, &Verdict::id);
    if (known != verdicts.end() && known->status != Status::ok) return;
    if (known != verdicts.end()) verdicts.erase(known);
    verdicts.push_back(judge(info,
                             {Outcome::bad, "alert_unwritable", Facts{}.set("error", state_error_)},
                             Milliseconds{0}));
  }

  // Of which a metric is made even where it cannot be written.
  RunTimes leave_stamp(const Report& report) {
    const std::string directory = config_.text("STATE_DIR");
    RunStamp stamp;
    stamp.tool = tool_.name;
    stamp.started = report.started;
    stamp.ended = clock_.wall();
    stamp.status = report.status;
    stamp.period = tool_.period;
    stamp.boot_id = Procfs{}.boot_id().value_or("");
    stamp.uptime = std::chrono::duration_cast<Milliseconds>(clock_.boot());
    const auto made = make_directory(directory);
    const auto written = made ? write_run_stamp(directory, stamp) : std::unexpected(made.error());
    if (written) return {written->ended, written->last_ok, tool_.period};
    state_error_ = written.error().message;
    notes_.push_back(state_error_);
    return {stamp.ended, report.status == Status::ok ? std::optional{stamp.ended} : std::nullopt,
            tool_.period};
  }

  void publish(const Metrics& metrics, Report& report, bool is_recorded) {
    if (flags_.format == Format::prometheus) report.metrics = metrics.text();
    if (!is_recorded) return;
    if (auto written = write_metrics(config_, tool_.name, metrics); !written) {
      notes_.push_back(written.error().message);
    }
  }

  // Cron's runs are kept in mind; a person's, on a terminal, only when asked to.
  void log(Report& report, std::size_t checks) {
    const bool is_of_cron = flags_.alert || !stdout_is_terminal();
    if (tool_.period.count() == 0 || flags_.dry_run == DryRun::on || !is_of_cron) return;
    report.notes = notes_;
    auto logged = log_run(config_, report, static_cast<int>(checks), is_whole());
    if (!logged) notes_.push_back(logged.error().message);
  }

  void tell(Report& report, std::vector<Verdict>& verdicts) {
    const bool asked = flags_.verbose || flags_.format.has_value() || stdout_is_terminal();
    // A quiet run needs no words: the catalogue is not even parsed.
    if (asked || report.status != Status::ok) {
      const NameLookup names = names_of(config_);
      for (Verdict& verdict : verdicts) {
        ToldVerdict told = Catalogue::builtin().tell(verdict, lang_, names);
        report.entries.push_back({std::move(verdict), std::move(told.title),
                                  std::move(told.summary), std::move(told.meaning),
                                  std::move(told.action)});
      }
    }
    log(report, verdicts.size());
    report.notes = asked ? config_.warnings() : std::vector<std::string>{};
    report.notes.insert(report.notes.end(), notes_.begin(), notes_.end());
    print(report, flags_, lang_);
  }

  const Tool& tool_;
  const Flags& flags_;
  const Config& config_;
  Lang lang_;
  SystemClock clock_;
  BootTime started_ = clock_.boot();
  std::vector<std::string> notes_;
  std::string state_error_;  // why STATE_DIR does not take what is to be kept
};

Result<int> run(const Flags& flags, const Tool& tool) {
  const bool looks_only = flags.list || flags.check_config || flags.format.has_value() ||
                          !flags.only.empty() || !flags.skip.empty();
  if (tool.prepare && !looks_only) {
    SystemClock clock;
    const Config::Environment environment = from_environment;
    Start start{flags.config, flags.dry_run, flags.lang, environment, clock};
    if (auto ended = tool.prepare(start)) return std::move(*ended);
  }
  const auto config = Config::load(flags.config, from_environment);
  if (!config) return std::unexpected(config.error());
  return Session{tool, flags, *config}.run();
}

int run_guarded(int argc, char** argv, const Tool& tool) {
  keep_secrets();
  std::signal(SIGPIPE, SIG_IGN);
  const auto flags = parse_flags(argc, argv, tool);
  if (const int* ended = std::get_if<int>(&flags)) return *ended;
  const Flags& parsed = std::get<Flags>(flags);
  const Result<int> code = run(parsed, tool);
  if (code) return *code;
  fmt::print(stderr, "{}: {}\n", tool.name, code.error().message);
  return could_not_run;
}

}  // namespace

int run_tool(int argc, char** argv, const Tool& tool) {
  try {
    return run_guarded(argc, argv, tool);
  } catch (const std::exception& bug) {
    fmt::print(stderr, "{}: a bug: {}\n", tool.name, bug.what());
    return could_not_run;
  }
}

}  // namespace lectio
