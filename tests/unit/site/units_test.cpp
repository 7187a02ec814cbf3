#include "site/units.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "site/server_fakes.hpp"

namespace lectio {
namespace {

using namespace std::chrono_literals;
using server_fakes::fact;
using server_fakes::running;
using server_fakes::told;
using server_fakes::unit_state;

UnitState loaded_as(const std::string& load_state, UnitState state) {
  state.load_state = load_state;
  return state;
}

TEST(JudgeUnit, TellsEveryStateApart) {
  const auto judged = [](const UnitState& state) { return told(judge_unit("app", state)); };
  EXPECT_EQ(judged(running()), "good unit_active");
  EXPECT_EQ(judged(unit_state("active", "exited")), "good unit_active");
  EXPECT_EQ(judged(unit_state("failed", "failed", "exit-code")), "bad unit_failed");
  EXPECT_EQ(judged(unit_state("failed", "failed", "oom-kill")), "bad unit_failed");
  EXPECT_EQ(judged(unit_state("inactive", "dead")), "bad unit_stopped");
  EXPECT_EQ(judged(unit_state("inactive", "dead", "signal")), "bad unit_failed");
  EXPECT_EQ(judged(unit_state("activating", "start")), "bad unit_activating");
  EXPECT_EQ(judged(unit_state("activating", "auto-restart", "exit-code")), "bad unit_restarting");
  EXPECT_EQ(judged(unit_state("deactivating", "stop-sigterm")), "bad unit_deactivating");
  EXPECT_EQ(judged(unit_state("reloading", "reload")), "warning unit_reloading");
}

TEST(JudgeUnit, ReportsAUnitThatCannotBeStarted) {
  const UnitState dead = unit_state("inactive", "dead");
  EXPECT_EQ(told(judge_unit("app", loaded_as("masked", dead))), "bad unit_masked");
  EXPECT_EQ(told(judge_unit("app", loaded_as("not-found", dead))), "bad unit_not_found");
  EXPECT_EQ(told(judge_unit("app", loaded_as("bad-setting", dead))), "bad unit_broken");
  EXPECT_EQ(told(judge_unit("app", loaded_as("masked", running()))), "warning unit_masked")
      << "it serves now, and will not come back after a reboot";
}

TEST(JudgeUnit, GivesTheFactsOfAFailure) {
  UnitState state = unit_state("failed", "failed", "exit-code");
  state.exit_status = 3;
  state.restarts = 5;
  state.since_usec = 1'769'500'000'000'000;
  const Finding finding = judge_unit("teaching_panel", state);
  EXPECT_EQ(fact(finding.facts, "unit"), "teaching_panel");
  EXPECT_EQ(fact(finding.facts, "result"), "exit-code");
  EXPECT_EQ(fact(finding.facts, "exit_status"), "3");
  EXPECT_EQ(fact(finding.facts, "restarts"), "5");
  EXPECT_EQ(fact(finding.facts, "since"), "2026-01-27T07:46:40Z");
}

TEST(JudgeUnit, NamesAnExitStatusOnlyWhereThereIsOne) {
  UnitState state = unit_state("failed", "failed", "start-limit-hit");
  state.exit_status = 1;
  EXPECT_EQ(fact(judge_unit("app", state).facts, "exit_status"), "?");
  state = unit_state("failed", "failed", "exit-code");
  EXPECT_EQ(fact(judge_unit("nginx", state).facts, "exit_status"), "?")
      << "it was ExecStartPre that failed";
}

TEST(JudgeUnit, CannotTellWithoutSystemd) {
  EXPECT_EQ(told(judge_unit("app", fail(ErrorKind::io, "no systemd"))), "unknown no_systemd");
  EXPECT_EQ(told(judge_unit("app", fail(ErrorKind::timeout, "hangs"))),
            "unknown systemd_unreachable");
  EXPECT_EQ(told(judge_unit("app", fail(ErrorKind::network, "reset"))),
            "unknown systemd_unreachable");
}

class UnitProbeTest : public testing::Test {
 protected:
  server_fakes::Systemd systemd;
  server_fakes::Clock clock;
  UnitProbe probe{systemd, clock, 15s};
};

TEST_F(UnitProbeTest, WaitsForAUnitThatIsBeingRestarted) {
  systemd.units["app"] = {unit_state("deactivating", "stop-sigterm"),
                          unit_state("activating", "start"), running()};
  EXPECT_EQ(told(probe.look("app")), "good unit_active");
  EXPECT_EQ(clock.slept, 1s);
}

TEST_F(UnitProbeTest, WaitsForAStoppedUnitThatHasAJob) {
  UnitState queued = unit_state("inactive", "dead");
  queued.job = 17;
  systemd.units["app"] = {queued, running()};
  EXPECT_EQ(told(probe.look("app")), "good unit_active");
}

TEST_F(UnitProbeTest, DoesNotWaitForOneThatIsDown) {
  systemd.units["app"] = {unit_state("failed", "failed", "exit-code")};
  EXPECT_EQ(told(probe.look("app")), "bad unit_failed");
  systemd.units["bot"] = {unit_state("inactive", "dead")};
  EXPECT_EQ(told(probe.look("bot")), "bad unit_stopped");
  EXPECT_EQ(clock.slept, 0s);
}

TEST_F(UnitProbeTest, AllUnitsShareOnePatience) {
  systemd.units["app"] = {unit_state("activating", "start-pre")};
  systemd.units["bot"] = {unit_state("activating", "start-pre")};
  EXPECT_EQ(told(probe.look("app")), "bad unit_activating");
  EXPECT_EQ(told(probe.look("bot")), "bad unit_activating");
  EXPECT_EQ(clock.slept, 15s);
}

TEST_F(UnitProbeTest, OneRestartIsARecoveryTwoAreALoop) {
  const auto restarting = [](std::uint32_t restarts) {
    UnitState state = unit_state("activating", "auto-restart", "exit-code");
    state.restarts = restarts;
    return state;
  };
  const auto back = [](std::uint32_t restarts) {
    UnitState state = running();
    state.restarts = restarts;
    return state;
  };
  systemd.units["once"] = {restarting(4), back(5)};
  EXPECT_EQ(told(probe.look("once")), "good unit_active");
  systemd.units["loop"] = {restarting(4), restarting(5), back(6)};
  EXPECT_EQ(told(probe.look("loop")), "bad unit_restarting");
}

TEST_F(UnitProbeTest, StopsAskingWhenSystemdGoesAway) {
  systemd.units["app"] = {unit_state("activating", "start"), fail(ErrorKind::network, "gone")};
  EXPECT_EQ(told(probe.look("app")), "unknown systemd_unreachable");
  EXPECT_EQ(systemd.asked["app"], 2);
}

}  // namespace
}  // namespace lectio
