#include "deep_check/worker_cpu.hpp"

#include <gtest/gtest.h>

namespace lectio {
namespace {

using namespace std::chrono_literals;
using Pair = std::pair<Outcome, std::string>;

constexpr Milliseconds now = 10h;

Process worker(pid_t pid, Milliseconds started, Milliseconds cpu) {
  return {
      .pid = pid, .parent = 1, .state = 'S', .name = "gunicorn", .started = started, .cpu = cpu};
}

Pair of(const Result<std::vector<Process>>& workers, const std::vector<WorkerMark>& before = {}) {
  const Finding finding = judge_worker_cpu(workers, now, before, 9h, 90);
  return {finding.outcome, finding.code};
}

const Pair well{Outcome::good, "worker_cpu_well"};

TEST(WorkerCpu, CountsFromTheRunBefore) {
  const std::vector<WorkerMark> before{{7, 1h, 2h}, {8, 1h, 2h}};
  EXPECT_EQ(of(std::vector{worker(7, 1h, 2h + 53min), worker(8, 1h, 2h)}, before), well);
  EXPECT_EQ(of(std::vector{worker(7, 1h, 2h + 54min), worker(8, 1h, 2h)}, before),
            Pair(Outcome::warning, "worker_cpu_high"));
  EXPECT_EQ(of(std::vector{worker(7, 1h, 2h + 54min), worker(8, 1h, 2h + 60min)}, before),
            Pair(Outcome::critical, "worker_cpu_high"));
}

TEST(WorkerCpu, OfANewWorkerCountsFromItsStart) {
  EXPECT_EQ(of(std::vector{worker(7, 9h + 50min, 9min)}),
            Pair(Outcome::critical, "worker_cpu_high"));
  EXPECT_EQ(of(std::vector{worker(7, 9h + 50min, 8min)}), well);
  // Another process that has got the number of one that ended.
  EXPECT_EQ(of(std::vector{worker(7, 9h + 50min, 9min)}, {{7, 1h, 0s}}),
            Pair(Outcome::critical, "worker_cpu_high"));
}

TEST(WorkerCpu, OfOneThatHasJustStartedSaysNothing) {
  EXPECT_EQ(of(std::vector{worker(7, now - 59s, 59s)}), well);
  EXPECT_EQ(of(std::vector{worker(7, now - 59s, 59s), worker(8, 1h, 9h)}),
            Pair(Outcome::critical, "worker_cpu_high"));
}

TEST(WorkerCpu, WithoutWorkersIsNotKnown) {
  EXPECT_EQ(of(fail(ErrorKind::io, "gone")), Pair(Outcome::unknown, "worker_cpu_unknown"));
}

}  // namespace
}  // namespace lectio
