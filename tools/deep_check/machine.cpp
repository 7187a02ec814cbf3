#include "deep_check/machine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <string>

#include "base/split.hpp"
#include "check/redactor.hpp"
#include "io/process.hpp"

namespace lectio {

Finding judge_swap(const Result<MemoryInfo>& memory, const SwapLimits& limits) {
  Finding finding{Outcome::unknown, "memory_unreadable", {}};
  if (!memory) {
    finding.facts.set("error", memory.error().message);
    return finding;
  }
  const double used =
      static_cast<double>(memory->swap_total - memory->swap_free) / (1024.0 * 1024.0);
  finding.outcome = Outcome::good;
  finding.code = memory->swap_total == 0 ? "swap_none" : "swap_little";
  if (used > limits.warning) {
    finding.outcome = used > limits.critical ? Outcome::critical : Outcome::warning;
    finding.code = "swap_much";
  }
  finding.facts.set("swap_used_mb", static_cast<std::int64_t>(used))
      .set("swap_total_mb", memory->swap_total >> 20U)
      .set("available_mb", memory->available >> 20U);
  return finding;
}

Finding judge_failed_units(const Result<std::vector<std::string>>& failed,
                           const std::vector<std::string>& watched) {
  constexpr std::size_t most_named = 5;
  Finding finding{Outcome::unknown, "units_unknown", {}};
  if (!failed) {
    finding.facts.set("error", failed.error().message);
    return finding;
  }
  std::vector<std::string> others;
  for (const std::string& unit : *failed) {
    const bool is_watched = std::ranges::any_of(watched, [&](const std::string& name) {
      return unit == name || unit == name + ".service";
    });
    if (!is_watched) others.push_back(unit);
  }
  finding.outcome = others.empty() ? Outcome::good : Outcome::warning;
  finding.code = others.empty() ? "units_well" : "units_failed";
  if (others.empty()) return finding;
  finding.facts.set("count", others.size()).set("unit", others.front());
  if (others.size() > most_named) others.resize(most_named);
  finding.facts.set("units", fmt::format("{}", fmt::join(others, ", ")));
  return finding;
}

Finding judge_oom(const Result<std::uint64_t>& kills, std::optional<std::uint64_t> before,
                  const std::function<std::vector<std::string>()>& victims) {
  Finding finding{Outcome::unknown, "oom_unreadable", {}};
  if (!kills) {
    finding.facts.set("error", kills.error().message);
    return finding;
  }
  const std::uint64_t count = before && *kills > *before ? *kills - *before : 0;
  finding.outcome = count == 0 ? Outcome::good : Outcome::warning;
  finding.code = count == 0 ? "oom_none" : "oom_killed";
  finding.facts.set("since_boot", *kills);
  if (count > 0) {
    finding.facts.set("count", count).set("victims", fmt::format("{}", fmt::join(victims(), ", ")));
  }
  return finding;
}

Finding judge_restarts(const Restarts& now, const std::optional<Restarts>& before) {
  std::vector<std::string> some;
  for (const auto& [unit, restarts] : now) {
    if (!before) break;
    const auto known = before->find(unit);
    const std::uint32_t had = known == before->end() ? restarts : known->second;
    const std::uint32_t more = restarts >= had ? restarts - had : restarts;
    if (more > 0) some.push_back(fmt::format("{} ×{}", unit, more));
  }
  if (some.empty()) return {Outcome::good, "restarts_none", {}};
  return {Outcome::warning, "restarts_some",
          Facts{}.set("units", fmt::format("{}", fmt::join(some, ", ")))};
}

Finding judge_clock(const Result<TimeSync>& clock, const ClockLimits& limits) {
  Finding finding{Outcome::unknown, "clock_unreadable", {}};
  if (!clock) {
    finding.facts.set("error", clock.error().message);
    return finding;
  }
  finding.outcome = Outcome::good;
  finding.code = "clock_synchronised";
  if (clock->offset) {
    finding.facts.set("offset_ms", clock->offset->count());
    const Milliseconds off = std::chrono::abs(*clock->offset);
    if (off > limits.warning) {
      finding.code = "clock_wrong";
      finding.outcome = off > limits.critical ? Outcome::critical : Outcome::warning;
      return finding;
    }
  }
  if (!clock->is_synchronised) {
    finding.code = "clock_adrift";
    finding.outcome = Outcome::warning;
  }
  return finding;
}

std::vector<std::string> victims_named_in(const std::string& journal) {
  std::vector<std::string> victims;
  for (const std::string& line : split(journal, "\n")) {
    const std::size_t open = line.find(" (", line.find("Killed process"));
    const std::size_t close = line.find(')', open);
    if (open == std::string::npos || close == std::string::npos) continue;
    victims.push_back(Redactor{}.clean(line.substr(open + 2, close - open - 2), 40));
  }
  return victims;
}

std::vector<std::string> victims_of_memory(Clock& clock) {
  const auto said =
      run_process({.argv = {"/usr/bin/journalctl", "--dmesg", "--quiet", "--no-pager",
                            "--output=cat", "--since=-70min", "--grep=Killed process", "--lines=5"},
                   .environment = {"PATH=/usr/bin:/bin"},
                   .timeout = std::chrono::seconds{5}},
                  clock);
  if (!said || !said->ok()) return {};
  return victims_named_in(said->output);
}

std::optional<Milliseconds> clock_offset(const HttpResponse& response, WallTime now) {
  std::tm parts{};
  const std::string date{response.header("date")};
  if (::strptime(date.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts) == nullptr) return std::nullopt;
  const auto there = std::chrono::system_clock::from_time_t(::timegm(&parts));
  return std::chrono::duration_cast<Milliseconds>(now - there);
}

}  // namespace lectio
