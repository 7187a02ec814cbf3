#include "site/health_checks.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "check/redactor.hpp"
#include "site/build.hpp"
#include "site/build_permissions.hpp"
#include "site/deploy_stuck.hpp"
#include "site/disk.hpp"
#include "site/memory.hpp"
#include "site/site_request.hpp"
#include "site/units.hpp"
#include "site/web_probe.hpp"
#include "site/workers.hpp"

namespace lectio {
namespace {

constexpr Milliseconds unit_patience{15000};

// Every probe of one run, and what several of them share.
class Probes {
 public:
  Probes(const Config& config, const HealthDoors& doors)
      : config_(config),
        doors_(doors),
        units_(doors.systemd, doors.clock, std::min(unit_patience, doors.deadline.left() / 2)),
        web_(doors.http, doors.deadline, web_requests(config)) {}

  Finding unit(const std::string& name) {
    Finding finding = units_.look(name);
    if (finding.code == "unit_failed" || finding.code == "unit_restarting") {
      finding.facts.set("log", log_of(name));
    }
    return finding;
  }
  Finding backend() { return web_.backend(); }

  Finding public_page(const Findings& before) {
    return web_.public_page([&] {
      const auto seen = before.find("nginx_service");
      const Finding nginx =
          seen != before.end() ? seen->second : unit(config_.text("NGINX_SERVICE"));
      return nginx.outcome == Outcome::good || nginx.outcome == Outcome::warning;
    });
  }

  Finding response_time() { return web_.response_time(config_.seconds("MAX_RESPONSE_TIME")); }

  Finding workers() const {
    std::optional<int> configured;
    if (config_.is_set("BACKEND_WORKERS")) {
      configured = static_cast<int>(config_.integer("BACKEND_WORKERS"));
    }
    return probe_workers(config_.text("BACKEND_SERVICE"), configured, doors_.systemd, doors_.procfs,
                         doors_.clock);
  }

  Finding build() const { return probe_build(config_.text("FRONTEND_BUILD"), own_hosts(config_)); }

  Finding build_permissions() const {
    return probe_build_permissions(config_.text("FRONTEND_BUILD"), config_.text("WEB_USER"),
                                   own_hosts(config_));
  }

  Finding deploy() const {
    return judge_deploy(read_deploy_marker(config_.text("RUN_DIR")),
                        config_.seconds("DEPLOY_GRACE_PERIOD"), doors_.spent_marker,
                        doors_.clock.wall());
  }

  Finding disk() const { return judge_disk(mounts(), free_limits()); }
  Finding inodes() const { return judge_inodes(mounts(), free_limits()); }

  Finding memory() const {
    Finding finding = judge_memory(doors_.procfs.memory(), {config_.number("MEMORY_WARN_MB"),
                                                            config_.number("MEMORY_CRITICAL_MB")});
    if (finding.outcome != Outcome::good) {
      finding.facts.set("largest", largest_in_memory(doors_.procfs));
    }
    return finding;
  }

 private:
  // The words of its last fall, fit to be shown.
  std::string log_of(const std::string& unit) const {
    constexpr std::size_t most_lines = 6;
    Redactor redactor;
    for (const std::string& secret : config_.secrets()) redactor.add_secret(secret);
    std::string lines;
    for (const std::string& line : doors_.systemd.log(unit, most_lines)) {
      lines += (lines.empty() ? "" : "\n") + redactor.clean(line);
    }
    return lines;
  }
  std::vector<Mount> mounts() const {
    if (config_.is_set("DISK_PATHS")) return look_at_mounts(config_.list("DISK_PATHS"));
    return look_at_mounts(
        one_of_each_filesystem({"/", config_.text("PROJECT_ROOT"), config_.text("BACKUP_DIR"),
                                "/var/log", "/var/lib/postgresql"}));
  }
  FreeLimits free_limits() const {
    return {config_.number("DISK_WARN_PERCENT"), config_.number("DISK_CRITICAL_PERCENT")};
  }

  const Config& config_;
  HealthDoors doors_;
  UnitProbe units_;
  WebProbe web_;
};

// How each check is probed in a run; the rows stand in the order in which they run.
struct HealthRow {
  CheckInfo info;
  std::function<Finding(Probes&, const Findings& before)> probe;
};

template <class Probe>
HealthRow row(CheckInfo info, const Probe& probe) {
  if constexpr (std::is_invocable_v<Probe, Probes&, const Findings&>) {
    return {std::move(info), probe};
  } else {
    return {std::move(info), [probe](Probes& probes, const Findings&) { return probe(probes); }};
  }
}

HealthRow unit_row(CheckInfo info, const std::string& unit) {
  return row(std::move(info), [unit](Probes& probes) { return probes.unit(unit); });
}

std::vector<HealthRow> rows(const Config& config) {
  using enum Severity;
  std::vector<std::string> why_backend{"backend_service", "workers"};
  std::vector<HealthRow> watched;
  std::set<std::string> names;
  for (const std::string& unit : config.list("WATCH_UNITS")) {
    if (!names.insert(unit).second) continue;
    const std::string id = "unit:" + unit;
    if (is_database(unit)) why_backend.push_back(id);
    watched.push_back(unit_row({.id = id, .severity = high}, unit));
  }
  std::vector<HealthRow> all{
      unit_row({.id = "backend_service", .severity = critical}, config.text("BACKEND_SERVICE")),
      unit_row({.id = "nginx_service", .severity = critical}, config.text("NGINX_SERVICE")),
      row({.id = "workers",
           .severity = critical,
           .needs = {"backend_service"},
           .explained_by = {"backend_service"}},
          std::mem_fn(&Probes::workers)),
      row({.id = "backend", .severity = critical, .explained_by = std::move(why_backend)},
          std::mem_fn(&Probes::backend)),
      row({.id = "build", .severity = critical}, std::mem_fn(&Probes::build)),
      row({.id = "build_permissions", .severity = critical, .explained_by = {"build"}},
          std::mem_fn(&Probes::build_permissions)),
      row({.id = "public_page",
           .severity = critical,
           .explained_by = {"nginx_service", "build", "build_permissions"}},
          std::mem_fn(&Probes::public_page)),
      row({.id = "response_time",
           .severity = medium,
           .needs = {"public_page"},
           .explained_by = {"public_page", "memory"}},
          std::mem_fn(&Probes::response_time)),
      row({.id = "deploy_stuck",
           .severity = high,
           .explained_by = {"backend_service", "nginx_service", "workers", "backend", "build",
                            "build_permissions", "public_page"}},
          std::mem_fn(&Probes::deploy)),
      row({.id = "disk", .severity = high}, std::mem_fn(&Probes::disk)),
      row({.id = "inodes", .severity = high}, std::mem_fn(&Probes::inodes)),
      row({.id = "memory", .severity = medium}, std::mem_fn(&Probes::memory)),
  };
  std::ranges::move(watched, std::back_inserter(all));
  return all;
}

}  // namespace

bool is_database(std::string_view unit) {
  return unit.starts_with("postgres") || unit.starts_with("mysql") || unit.starts_with("mariadb");
}

std::vector<CheckInfo> health_checks(const Config& config) {
  std::vector<CheckInfo> infos;
  for (HealthRow& check : rows(config)) infos.push_back(std::move(check.info));
  return infos;
}

std::vector<Verdict> run_health_checks(const Config& config, const Selection& selected,
                                       const HealthDoors& doors) {
  Probes probes{config, doors};
  std::vector<Check> table;
  for (HealthRow& check : rows(config)) {
    table.push_back(
        {std::move(check.info), [&probes, probe = std::move(check.probe)](const Findings& before) {
           return probe(probes, before);
         }});
  }
  return run_checks(table, selected, doors.clock, doors.deadline);
}

}  // namespace lectio
