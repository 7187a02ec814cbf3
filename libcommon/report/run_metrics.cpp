#include "report/run_metrics.hpp"

#include <algorithm>
#include <map>

#include "report/problems.hpp"

namespace lectio {
namespace {

constexpr Metric build_info{"lectio_build_info", "Version of the tool; always 1."};
constexpr Metric run_status{"lectio_run_status",
                            "Of the whole run: 0 ok, 1 warning, 2 critical, 3 unknown."};
constexpr Metric run_duration{"lectio_run_duration_seconds", "How long the checks of a run took."};
constexpr Metric last_run{"lectio_last_run_timestamp_seconds", "End of the last whole run."};
constexpr Metric last_success{"lectio_last_success_timestamp_seconds",
                              "End of the last whole run in which all was well."};
constexpr Metric run_period{"lectio_run_period_seconds", "How often cron starts the tool."};
constexpr Metric check_status{"lectio_check_status",
                              "0 ok, 1 warning, 2 critical, 3 unknown, 4 skipped."};
constexpr Metric check_duration{"lectio_check_duration_seconds", "How long a check took."};
constexpr Metric http_phase{"lectio_http_phase_seconds",
                            "Time of one part of a request; the parts do not overlap. Without "
                            "dns, connect and tls: over a connection that was there already."};

double in_seconds(Milliseconds time) { return static_cast<double>(time.count()) / 1000; }

double number_of(Status status) { return static_cast<double>(static_cast<int>(status)); }

// Null: none of the table's.
const CheckInfo* check_of(std::span<const CheckInfo> known, std::string_view id) {
  const auto found = std::ranges::find_if(known, [&](const CheckInfo& info) {
    return id.starts_with(info.id) && (id.size() == info.id.size() || id[info.id.size()] == ':');
  });
  const auto exact = std::ranges::find(known, id, &CheckInfo::id);
  if (exact != known.end()) return &*exact;
  return found == known.end() ? nullptr : &*found;
}

// curl's times all count from the start of the try.
void add_phases(Metrics& metrics, const Verdict& verdict) {
  double before = 0;
  for (const auto& [fact, phase] :
       {std::pair{"dns_ms", "dns"}, std::pair{"connect_ms", "connect"}, std::pair{"tls_ms", "tls"},
        std::pair{"first_byte_ms", "first_byte"}}) {
    const auto until = verdict.facts.number(fact);
    const bool is_plain = std::string_view{phase} == "tls" && until == 0;
    if (!until || is_plain) continue;
    metrics.add(http_phase, {{"check", verdict.id}, {"phase", phase}},
                std::max(*until - before, 0.0) / 1000);
    before = std::max(before, *until);
  }
}

}  // namespace

void add_run(Metrics& metrics, const Report& report, const std::optional<RunTimes>& times) {
  metrics.add(build_info, {{"version", report.version}}, 1);
  metrics.add(run_status, {}, number_of(report.status));
  metrics.add(run_duration, {}, in_seconds(report.took));
  if (!times) return;
  metrics.add(run_period, {}, in_seconds(times->period));
  metrics.add(last_run, {}, unix_seconds(times->ended));
  if (times->last_ok) metrics.add(last_success, {}, unix_seconds(*times->last_ok));
}

void add_checks(Metrics& metrics, std::span<const Verdict> verdicts,
                std::span<const CheckInfo> known) {
  std::map<std::string_view, Status> worst_of;  // where several verdicts count with one check
  const auto name_of = [&](const Verdict& verdict) -> const std::string& {
    const CheckInfo* info = check_of(known, verdict.id);
    return info == nullptr ? verdict.id : info->id;
  };
  for (const Verdict& verdict : verdicts) {
    const auto [place, is_first] = worst_of.emplace(name_of(verdict), verdict.status);
    if (!is_first) place->second = worst(place->second, verdict.status);
  }
  for (const Verdict& verdict : verdicts) {
    const std::string& name = name_of(verdict);
    const CheckInfo* info = check_of(known, name);
    const Severity severity = info == nullptr ? verdict.severity : info->severity;
    metrics.add(check_status, {{"check", name}, {"severity", std::string{to_string(severity)}}},
                number_of(worst_of.at(name)));
  }
  for (const Verdict& verdict : verdicts) {
    if (name_of(verdict) != verdict.id) continue;
    if (was_run(verdict)) {
      metrics.add(check_duration, {{"check", verdict.id}}, in_seconds(verdict.took));
    }
    add_phases(metrics, verdict);
    add_facts(metrics, verdict);
  }
}

}  // namespace lectio
