#include "site/deploy_stuck.hpp"

#include <gtest/gtest.h>

namespace lectio {
namespace {

const WallTime now{std::chrono::seconds{1'790'000'000}};
constexpr Milliseconds grace{300'000};

std::string code_of(std::optional<bool> alive, std::chrono::seconds age) {
  DeployMarker marker;
  marker.alive = alive;
  marker.touched = marker.since = now - age;
  return judge_deploy(std::optional{marker}, grace, std::nullopt, now).code;
}

TEST(DeployStuck, ABareMarkerIsWhenItsGraceIsOver) {
  EXPECT_EQ(code_of(std::nullopt, std::chrono::seconds{300}), "deploy_running");
  EXPECT_EQ(code_of(std::nullopt, std::chrono::seconds{301}), "deploy_stuck");
  EXPECT_EQ(code_of(std::nullopt, std::chrono::seconds{-500}), "deploy_running");
}

TEST(DeployStuck, OursIsWhenItIsNoLongerRefreshedAndDeadWhenItsProcessIsGone) {
  EXPECT_EQ(code_of(true, std::chrono::seconds{10}), "deploy_running");
  EXPECT_EQ(code_of(true, std::chrono::seconds{400}), "deploy_stuck");
  EXPECT_EQ(code_of(false, std::chrono::seconds{10}), "deploy_gone");
  EXPECT_EQ(code_of(false, std::chrono::seconds{400}), "deploy_died");
}

TEST(DeployStuck, NoMarkerIsWellAndOneThatCannotBeBelievedIsNot) {
  EXPECT_EQ(judge_deploy(std::nullopt, grace, std::nullopt, now).outcome, Outcome::good);
  const Finding found =
      judge_deploy(fail(ErrorKind::io, "a symbolic link"), grace, std::nullopt, now);
  EXPECT_EQ(found.code, "deploy_marker_ignored");
  EXPECT_EQ(found.outcome, Outcome::bad);
}

TEST(DeployStuck, NamesWhoAndWhatAndSinceWhen) {
  DeployMarker marker;
  marker.who = "ivan";
  marker.what = "backend";
  marker.touched = marker.since = now - std::chrono::minutes{20};
  const Finding found = judge_deploy(std::optional{marker}, grace, std::nullopt, now);
  EXPECT_EQ(to_text(*found.facts.find("who")), "ivan");
  EXPECT_EQ(to_text(*found.facts.find("what")), "backend");
  EXPECT_EQ(to_text(*found.facts.find("minutes")), "20");
}

TEST(DeployStuck, ABareMarkerTouchedAgainAndAgainIsSinceItsFirstTouch) {
  DeployMarker marker;
  marker.touched = marker.since = now - std::chrono::seconds{30};
  const Finding found = judge_deploy(std::optional{marker}, grace, std::chrono::minutes{16}, now);
  EXPECT_EQ(found.code, "deploy_stuck");
  EXPECT_EQ(found.outcome, Outcome::bad);
  EXPECT_EQ(to_text(*found.facts.find("minutes")), "16");
}

}  // namespace
}  // namespace lectio
