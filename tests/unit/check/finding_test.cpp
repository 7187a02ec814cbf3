#include "check/finding.hpp"

#include <gtest/gtest.h>

namespace lectio {
namespace {

const CheckInfo critical_check{.id = "api", .severity = Severity::critical};
const CheckInfo medium_check{.id = "gradebook", .severity = Severity::medium};

Finding found(Outcome outcome) { return {outcome, "code", {}}; }

Status judged(const CheckInfo& check, Outcome outcome) {
  return judge(check, found(outcome), Milliseconds{7}).status;
}

TEST(Judge, AFailedYesNoCheckIsCriticalOnlyIfItsSeverityIs) {
  EXPECT_EQ(judged(critical_check, Outcome::bad), Status::critical);
  EXPECT_EQ(judged(medium_check, Outcome::bad), Status::warning);
}

TEST(Judge, ACheckWithThresholdsSpeaksForItself) {
  EXPECT_EQ(judged(medium_check, Outcome::critical), Status::critical);
  EXPECT_EQ(judged(critical_check, Outcome::warning), Status::warning);
  EXPECT_EQ(judged(critical_check, Outcome::good), Status::ok);
  EXPECT_EQ(judged(critical_check, Outcome::unknown), Status::unknown);
  EXPECT_EQ(judged(critical_check, Outcome::skipped), Status::skipped);
}

TEST(Judge, WhatWasSeenLowersTheSeverityAndNeverRaisesIt) {
  Finding lowered = found(Outcome::bad);
  lowered.severity = Severity::high;
  EXPECT_EQ(judge(critical_check, lowered, Milliseconds{0}).status, Status::warning);
  EXPECT_EQ(judge(critical_check, lowered, Milliseconds{0}).severity, Severity::high);

  Finding raised = found(Outcome::bad);
  raised.severity = Severity::critical;
  EXPECT_EQ(judge(medium_check, raised, Milliseconds{0}).status, Status::warning);
}

TEST(Judge, CarriesOverWhatWasFound) {
  const CheckInfo check{.id = "lessons", .needs = {"login"}, .explained_by = {"login", "backend"}};
  Finding finding{Outcome::bad, "http_status", Facts{}.set("status", 500)};
  const Verdict verdict = judge(check, std::move(finding), Milliseconds{7});
  EXPECT_EQ(verdict.id, "lessons");
  EXPECT_EQ(verdict.code, "http_status");
  EXPECT_EQ(to_text(*verdict.facts.find("status")), "500");
  EXPECT_EQ(verdict.took, Milliseconds{7});
  EXPECT_EQ(verdict.explained_by, (std::vector<std::string>{"login", "backend"}));
}

Verdict verdict(std::string id, Status status, std::vector<std::string> explained_by = {}) {
  Verdict result;
  result.id = std::move(id);
  result.status = status;
  result.explained_by = std::move(explained_by);
  return result;
}

// "lessons<-login login<-api", the roots that were found
std::string roots(std::vector<Verdict> verdicts) {
  find_roots(verdicts);
  std::string result;
  for (const Verdict& each : verdicts) {
    if (!each.root.empty()) result += each.id + "<-" + each.root + " ";
  }
  return result;
}

TEST(Roots, TheDeepestCauseOfThisRunIsTheRoot) {
  EXPECT_EQ(
      roots({verdict("lessons", Status::skipped, {"login"}),
             verdict("login", Status::critical, {"api", "backend"}),
             verdict("api", Status::critical, {"backend"}),
             verdict("backend", Status::critical, {"unit"}), verdict("unit", Status::critical)}),
      "lessons<-unit login<-unit api<-unit backend<-unit ");
}

TEST(Roots, WhatIsWellExplainsNothing) {
  EXPECT_EQ(roots({verdict("lessons", Status::critical, {"login", "api"}),
                   verdict("login", Status::ok, {"api"}), verdict("api", Status::critical)}),
            "lessons<-api ");
  EXPECT_EQ(roots({verdict("disk", Status::warning), verdict("nginx", Status::critical)}), "");
}

TEST(Roots, ACheckThatIsWellHasNone) {
  EXPECT_EQ(roots({verdict("lessons", Status::ok, {"api"}), verdict("api", Status::critical)}), "");
}

TEST(Roots, AnUnknownOneExplainsOnlyWhatDidNotRunEither) {
  EXPECT_EQ(
      roots({verdict("login", Status::unknown), verdict("lessons", Status::skipped, {"login"}),
             verdict("page", Status::critical, {"login"})}),
      "lessons<-login ");
}

TEST(Roots, WhatWasSkippedIsNoRoot) {
  EXPECT_EQ(roots({verdict("payment", Status::skipped),
                   verdict("receipt", Status::skipped, {"payment"})}),
            "");
}

TEST(Roots, ACircleEnds) {
  EXPECT_EQ(roots({verdict("page", Status::critical, {"frontend"}),
                   verdict("frontend", Status::critical, {"page"})}),
            "page<-frontend ");
}

TEST(Roots, AChainOfAHundredThousandIsFollowedToItsEnd) {
  std::vector<Verdict> chain;
  constexpr int length = 100'000;
  chain.reserve(length);
  for (int i = 0; i < length; ++i) {
    chain.push_back(verdict(std::to_string(i), Status::critical, {std::to_string(i + 1)}));
  }
  find_roots(chain);
  EXPECT_EQ(chain.front().root, std::to_string(length - 1));
  EXPECT_EQ(chain.back().root, "");
}

TEST(Overall, TheWorstVerdictCountsAndUnknownIsAWarning) {
  EXPECT_EQ(overall({}), Status::ok);
  EXPECT_EQ(overall({verdict("a", Status::ok), verdict("b", Status::skipped)}), Status::ok);
  EXPECT_EQ(overall({verdict("a", Status::unknown), verdict("b", Status::ok)}), Status::warning);
  EXPECT_EQ(overall({verdict("a", Status::critical), verdict("b", Status::warning)}),
            Status::critical);
}

}  // namespace
}  // namespace lectio
