#include "site/workers.hpp"

#include <algorithm>

#include "site/configured_workers.hpp"
#include "site/units.hpp"

namespace lectio {
namespace {

constexpr Milliseconds between_looks{500};
constexpr int looks = 7;

bool is_dead(const Process& process) { return process.state == 'Z' || process.state == 'X'; }

Finding cgroup_unreadable(const std::string& unit, const Error& error) {
  Finding finding{Outcome::unknown, "workers_unreadable", {}};
  finding.facts.set("unit", unit).set("error", error.message);
  return finding;
}

Finding look(const std::string& unit, std::optional<int> configured, Systemd& systemd,
             const Procfs& procfs) {
  const auto state = systemd.unit(unit);
  if (!state) return judge_unit(unit, state);
  if (state->main_pid == 0) {
    Finding finding{Outcome::unknown, "workers_no_main_pid", {}};
    finding.facts.set("unit", unit);
    return finding;
  }
  if (!configured) {
    const auto arguments = procfs.command_line(state->main_pid);
    if (!arguments) return cgroup_unreadable(unit, arguments.error());
    configured = configured_workers(unit, state->main_pid, *arguments, systemd, procfs);
  }
  const auto children = procfs.children(state->main_pid);
  if (!children) return cgroup_unreadable(unit, children.error());
  Finding finding = judge_workers(*children, configured);
  finding.facts.set("unit", unit).set("main_pid", state->main_pid);
  return finding;
}

}  // namespace

std::set<pid_t> living_workers(const std::string& unit, Systemd& systemd, const Procfs& procfs) {
  std::set<pid_t> pids;
  const auto state = systemd.unit(unit);
  if (!state || state->main_pid == 0) return pids;
  const auto children = procfs.children(state->main_pid);
  if (!children) return pids;
  for (const Process& child : *children) {
    if (!is_dead(child)) pids.insert(child.pid);
  }
  return pids;
}

Finding judge_workers(const std::vector<Process>& children, std::optional<int> configured) {
  const auto dead = std::ranges::count_if(children, is_dead);
  const auto alive = std::ssize(children) - dead;
  Finding finding{Outcome::good, "workers_ok", {}};
  if (alive == 0) {
    finding = {Outcome::critical, "workers_none", {}};
  } else if (configured && alive < *configured) {
    finding = {Outcome::warning, "workers_few", {}};
  }
  finding.facts.set("workers", alive);
  if (configured) finding.facts.set("configured", *configured);
  if (dead > 0) finding.facts.set("zombies", dead);
  return finding;
}

Finding probe_workers(const std::string& unit, std::optional<int> configured, Systemd& systemd,
                      const Procfs& procfs, Clock& clock) {
  Finding finding = look(unit, configured, systemd, procfs);
  for (int i = 1; i < looks && finding.outcome != Outcome::good; ++i) {
    if (finding.code != "workers_none" && finding.code != "workers_few") break;
    clock.sleep(between_looks);
    finding = look(unit, configured, systemd, procfs);
  }
  return finding;
}

}  // namespace lectio
