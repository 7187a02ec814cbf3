#include "cleanup_processes/cleanup_checks.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <utility>

#include "check/check.hpp"
#include "cleanup_processes/leftovers.hpp"
#include "cleanup_processes/old_logs.hpp"
#include "io/procfs.hpp"
#include "io/user.hpp"
#include "site/deploy_marker.hpp"

namespace lectio {
namespace {

constexpr Milliseconds until_killed{10'000};  // from SIGTERM to SIGKILL
constexpr std::size_t most_named = 5;

Milliseconds span_of(const Config& config, std::string_view key, Milliseconds unit) {
  return std::chrono::duration_cast<Milliseconds>(config.number(key) *
                                                  std::chrono::duration<double, std::milli>{unit});
}

std::string names_of(const std::vector<Leftover>& leftovers, Milliseconds now) {
  std::string names;
  for (std::size_t i = 0; i < std::min(leftovers.size(), most_named); ++i) {
    const Leftover& leftover = leftovers[i];
    const auto minutes =
        std::chrono::duration_cast<std::chrono::minutes>(now - leftover.process.started);
    names += fmt::format("{}{} (pid {}, {}m{}{})", names.empty() ? "" : "; ", leftover.pattern,
                         leftover.process.pid, minutes.count(), leftover.owner.empty() ? "" : ", ",
                         leftover.owner);
  }
  return names;
}

class Cleaner {
 public:
  Cleaner(Run& run, Cleanup cleanup)
      : run_(run),
        config_(run.config),
        acts_(cleanup == Cleanup::act && run.dry_run == DryRun::off) {}

  Finding processes() const {
    if (!config_.is_set("CLEANUP_PROCESSES")) return not_set("CLEANUP_PROCESSES");
    if (!we_are_root()) return {Outcome::skipped, "cleanup_not_root", {}};
    if (auto waits = judge_deploy_under_way()) return *waits;
    const Procfs procfs;
    const auto now = procfs.uptime();
    const auto patterns = parse_process_patterns(config_.text("CLEANUP_PROCESSES"));
    if (!now) return unknown("leftovers_unknown", now.error());
    if (!patterns) return unknown("leftovers_unknown", patterns.error());
    const LeftoverRule rule{*patterns,
                            span_of(config_, "CLEANUP_PROCESS_MINUTES", std::chrono::minutes{1})};
    const auto found = find_leftovers(procfs, rule, ::getpid());
    if (!found) return unknown("leftovers_unknown", found.error());
    std::vector<Leftover> due;
    std::vector<Leftover> kept;
    for (const Leftover& leftover : *found) (leftover.may_end() ? due : kept).push_back(leftover);
    const Facts facts = Facts{}.set("count", due.size()).set("processes", names_of(due, *now));
    if (due.empty() && kept.empty()) return {Outcome::good, "leftovers_none", {}};
    if (due.empty()) {
      return {Outcome::good, "leftovers_kept",
              Facts{}.set("count", kept.size()).set("processes", names_of(kept, *now))};
    }
    if (!acts_) return {Outcome::skipped, "leftovers_would", facts};
    const auto gone =
        end_leftovers(due, procfs, std::min(until_killed, run_.deadline.left() / 2), run_.clock);
    if (gone.size() == due.size()) return {Outcome::warning, "leftovers_ended", facts};
    std::erase_if(due, [&](const Leftover& leftover) {
      return std::ranges::any_of(
          gone, [&](const Leftover& ended) { return ended.process.pid == leftover.process.pid; });
    });
    return {Outcome::warning, "leftovers_stuck",
            Facts{}.set("count", due.size()).set("processes", names_of(due, *now))};
  }

  Finding logs() const {
    if (!config_.is_set("CLEANUP_LOGS")) return not_set("CLEANUP_LOGS");
    if (!we_are_root()) return {Outcome::skipped, "cleanup_not_root", {}};
    const auto age = span_of(config_, "CLEANUP_LOG_DAYS", std::chrono::hours{24});
    const WallTime before = run_.clock.wall() - age;
    const auto old = find_old_logs(config_.list("CLEANUP_LOGS"), before, Procfs{});
    if (!old) return unknown("logs_unknown", old.error());
    if (old->empty()) return {Outcome::good, "logs_none", {}};
    std::uint64_t bytes = 0;
    std::string failed;
    for (const OldLog& log : *old) {
      const auto removed = acts_ ? remove_log(log, before) : Result<void>{};
      if (!removed && failed.empty()) failed = removed.error().message;
      bytes += log.bytes;
    }
    if (!failed.empty()) {
      return {Outcome::bad, "logs_not_removed", Facts{}.set("reason", failed)};
    }
    const Facts facts =
        Facts{}.set("count", old->size()).set("kb", bytes / 1024).set("path", old->front().path);
    if (acts_) return {Outcome::good, "logs_removed", facts};
    return {Outcome::skipped, "logs_would", facts};
  }

 private:
  static Finding not_set(std::string_view key) {
    return {Outcome::skipped, "key_not_set", Facts{}.set("key", key)};
  }
  static Finding unknown(std::string code, const Error& error) {
    return {Outcome::unknown, std::move(code), Facts{}.set("reason", error.message)};
  }
  // Its own npm is nobody's leftover; a marker that cannot be read may be one.
  std::optional<Finding> judge_deploy_under_way() const {
    const auto deploy =
        active_deploy(config_.text("RUN_DIR"), config_.seconds("DEPLOY_GRACE_PERIOD"), run_.clock);
    if (!deploy) return unknown("leftovers_unknown", deploy.error());
    if (!*deploy) return std::nullopt;
    return Finding{Outcome::skipped, "leftovers_deploy", {}};
  }

  Run& run_;
  const Config& config_;
  bool acts_;
};

std::vector<Check> cleanup_table(const Cleaner* cleaner) {
  using enum Severity;
  return {
      {{.id = "leftover_processes", .severity = medium, .is_event = true},
       [cleaner](const Findings&) { return cleaner->processes(); }},
      {{.id = "old_logs", .severity = low}, [cleaner](const Findings&) { return cleaner->logs(); }},
  };
}

}  // namespace

Result<std::vector<CheckInfo>> cleanup_checks(const Config& config) {
  const auto patterns = parse_process_patterns(config.text("CLEANUP_PROCESSES"));
  if (!patterns) return std::unexpected(patterns.error());
  if (auto logs = accept_log_patterns(config.list("CLEANUP_LOGS")); !logs) {
    return std::unexpected(logs.error());
  }
  std::vector<CheckInfo> infos;
  for (Check& check : cleanup_table(nullptr)) infos.push_back(std::move(check.info));
  return infos;
}

std::vector<Verdict> run_cleanup_checks(Run& run, Cleanup cleanup) {
  const Cleaner cleaner{run, cleanup};
  return run_checks(cleanup_table(&cleaner), run.selected, run.clock, run.deadline);
}

}  // namespace lectio
