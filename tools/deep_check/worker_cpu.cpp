#include "deep_check/worker_cpu.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace lectio {
namespace {

constexpr Milliseconds shortest_span{60'000};

}  // namespace

Finding judge_worker_cpu(const Result<std::vector<Process>>& workers, Milliseconds at,
                         const std::vector<WorkerMark>& before, Milliseconds before_at,
                         double percent) {
  Finding finding{Outcome::unknown, "worker_cpu_unknown", {}};
  if (!workers) {
    finding.facts.set("error", workers.error().message);
    return finding;
  }
  int measured = 0;
  std::vector<std::string> busy;
  double highest = 0;
  for (const Process& worker : *workers) {
    const auto mark = std::ranges::find_if(before, [&](const WorkerMark& known) {
      return known.pid == worker.pid && known.started == worker.started;
    });
    const bool is_known = mark != before.end();
    const Milliseconds span = at - (is_known ? before_at : worker.started);
    if (span < shortest_span) continue;
    const Milliseconds used = worker.cpu - (is_known ? mark->cpu : Milliseconds{0});
    const double share =
        100.0 * static_cast<double>(used.count()) / static_cast<double>(span.count());
    ++measured;
    highest = std::max(highest, share);
    if (share >= percent) {
      busy.push_back(fmt::format("PID {}: {:.0f} %", worker.pid, share));
    }
  }
  finding.outcome = Outcome::good;
  finding.code = "worker_cpu_well";
  finding.facts.set("workers", measured).set("highest", std::round(highest));
  if (!busy.empty()) {
    finding.code = "worker_cpu_high";
    finding.outcome = std::ssize(busy) == measured ? Outcome::critical : Outcome::warning;
    finding.facts.set("busy", fmt::format("{}", fmt::join(busy, ", ")));
  }
  return finding;
}

std::vector<WorkerMark> marks_of(const std::vector<Process>& workers) {
  std::vector<WorkerMark> marks;
  for (const Process& worker : workers) marks.push_back({worker.pid, worker.started, worker.cpu});
  return marks;
}

}  // namespace lectio
