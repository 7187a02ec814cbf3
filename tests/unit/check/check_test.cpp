#include "check/check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "check/fake_site.hpp"

namespace lectio {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<CheckInfo> infos{{.id = "nginx"},
                                   {.id = "login"},
                                   {.id = "lessons", .needs = {"login"}},
                                   {.id = "grades", .needs = {"lessons"}}};

Selection selected(const std::vector<std::string>& only, const std::vector<std::string>& skip) {
  return select(infos, only, skip).value();
}

TEST(Select, EverythingUnlessAskedOtherwise) {
  EXPECT_THAT(selected({}, {}), ElementsAre("grades", "lessons", "login", "nginx"));
  EXPECT_THAT(selected({}, {"lessons"}), ElementsAre("grades", "login", "nginx"));
}

TEST(Select, WhatACheckNeedsComesAlong) {
  EXPECT_THAT(selected({"grades"}, {}), ElementsAre("grades", "lessons", "login"));
  EXPECT_THAT(selected({"grades"}, {"login"}), ElementsAre("grades", "lessons"));
}

TEST(Select, AnUnknownIdIsNamedWithTheNearestKnownOne) {
  const auto near = select(infos, {"lesons"}, {});
  ASSERT_FALSE(near.has_value());
  EXPECT_EQ(near.error().kind, ErrorKind::config);
  EXPECT_EQ(near.error().message, "there is no check lesons, did you mean lessons?");
  EXPECT_THAT(select(infos, {}, {"backup"}).error().message, HasSubstr("--list"));
}

class RunChecks : public testing::Test {
 protected:
  // Takes a second to find this.
  Check check(const std::string& id, Outcome outcome, std::vector<std::string> needs = {}) {
    return {{.id = id, .severity = Severity::critical, .needs = std::move(needs)},
            [this, outcome, id](const Findings&) {
              time.sleep(Milliseconds{1000});
              ran.push_back(id);
              return Finding{outcome, "seen", {}};
            }};
  }

  std::vector<Verdict> run(const std::vector<Check>& table,
                           Milliseconds budget = Milliseconds{60'000}) {
    Selection all;
    for (const Check& each : table) all.insert(each.info.id);
    return run_checks(table, all, time, Deadline{time, budget});
  }

  FakeTime time;
  std::vector<std::string> ran;
};

TEST_F(RunChecks, InTheTablesOrderEachWithItsOwnTime) {
  const auto verdicts = run({check("b", Outcome::good), check("a", Outcome::bad)});
  EXPECT_THAT(ran, ElementsAre("b", "a"));
  EXPECT_EQ(verdicts[0].status, Status::ok);
  EXPECT_EQ(verdicts[1].status, Status::critical);
  EXPECT_EQ(verdicts[1].took, Milliseconds{1000});
}

TEST_F(RunChecks, OnlyTheSelectedOnes) {
  const std::vector<Check> table{check("a", Outcome::good), check("b", Outcome::good)};
  const auto verdicts = run_checks(table, {"b"}, time, Deadline{time, Milliseconds{9999}});
  EXPECT_THAT(ran, ElementsAre("b"));
  EXPECT_EQ(verdicts.size(), 1U);
}

TEST_F(RunChecks, ACheckWhoseNeedsWereNotGoodIsSkippedAndSaysWhichOnes) {
  const auto verdicts =
      run({check("a", Outcome::bad), check("b", Outcome::good),
           check("c", Outcome::good, {"b", "a"}), check("d", Outcome::good, {"c"})});
  EXPECT_THAT(ran, ElementsAre("a", "b"));
  EXPECT_EQ(verdicts[2].status, Status::skipped);
  EXPECT_EQ(verdicts[2].code, "needs");
  EXPECT_EQ(to_text(*verdicts[2].facts.find("needs")), "a");
  EXPECT_EQ(to_text(*verdicts[3].facts.find("needs")), "c");
}

TEST_F(RunChecks, AWarningThatLeavesThereWhatOthersNeedDoesNotHideThem) {
  Check usable = check("a", Outcome::warning);
  usable.probe = [](const Findings&) {
    Finding finding{Outcome::warning, "seen", {}};
    finding.usable = true;
    return finding;
  };
  const auto verdicts = run({usable, check("b", Outcome::bad, {"a"}), check("c", Outcome::warning),
                             check("d", Outcome::good, {"c"})});
  EXPECT_EQ(verdicts[1].status, Status::critical);
  EXPECT_TRUE(verdicts[1].explained_by.empty()) << "what it had is not what broke it";
  EXPECT_EQ(verdicts[3].status, Status::skipped);
}

TEST_F(RunChecks, AProbeThatThrowsIsUnknownAndTheOthersStillRun) {
  Check broken = check("a", Outcome::good);
  broken.probe = [](const Findings&) -> Finding { throw std::runtime_error{"bad luck"}; };
  const auto verdicts = run({broken, check("b", Outcome::good)});
  EXPECT_EQ(verdicts[0].status, Status::unknown);
  EXPECT_EQ(verdicts[0].code, "probe_crashed");
  EXPECT_EQ(to_text(*verdicts[0].facts.find("error")), "bad luck");
  EXPECT_EQ(verdicts[1].status, Status::ok);
}

TEST_F(RunChecks, WhatTheDeadlineDidNotReachIsUnknown) {
  const auto verdicts =
      run({check("a", Outcome::good), check("b", Outcome::good)}, Milliseconds{1000});
  EXPECT_THAT(ran, ElementsAre("a"));
  EXPECT_EQ(verdicts[1].status, Status::unknown);
  EXPECT_EQ(verdicts[1].code, "deadline");
}

TEST_F(RunChecks, AProbeSeesWhatTheOnesBeforeItFound) {
  Check second = check("b", Outcome::good);
  second.probe = [](const Findings& before) {
    return Finding{Outcome::good, before.at("a").code + " before", {}};
  };
  EXPECT_EQ(run({check("a", Outcome::bad), second})[1].code, "seen before");
}

}  // namespace
}  // namespace lectio
