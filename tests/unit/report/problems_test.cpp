#include "report/problems.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/reports.hpp"

namespace lectio {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// "root: consequence consequence" of each problem.
std::vector<std::string> told(const Report& report) {
  std::vector<std::string> lines;
  for (const ProblemGroup& problem : problems(report)) {
    std::string line = problem.root->verdict.id + ":";
    for (const ReportEntry* one : problem.consequences) line += " " + one->verdict.id;
    lines.push_back(line);
  }
  return lines;
}

TEST(ProblemsTest, ThereAreNoneWhenAllIsWell) {
  EXPECT_THAT(told(report_of({entry("a", Status::ok, "A", "")})), IsEmpty());
}

TEST(ProblemsTest, ListARootWithWhatFailedOrWasSkippedBecauseOfIt) {
  EXPECT_THAT(told(one_root()), ElementsAre("teacher_login: student_login lessons groups"));
}

TEST(ProblemsTest, TheMostUrgentComesFirst) {
  EXPECT_THAT(
      told(report_of({entry("u", Status::unknown, "U", ""), entry("w", Status::warning, "W", ""),
                      entry("c1", Status::critical, "C1", ""),
                      entry("c2", Status::critical, "C2", "")})),
      ElementsAre("c1:", "c2:", "w:", "u:"));
}

TEST(ProblemsTest, WhatDoesNotApplyIsNone) {
  EXPECT_THAT(told(report_of({skipped("lessons", "Уроки", "")})), IsEmpty());
}

TEST(ProblemsTest, AFailureWhoseRootIsNotInTheReportIsNotLost) {
  ReportEntry orphan = entry("lessons", Status::warning, "Уроки", "");
  orphan.verdict.root = "elsewhere";
  EXPECT_THAT(told(report_of({orphan})), ElementsAre("lessons:"));
}

TEST(ProblemsTest, TheRootMayNameItself) {
  ReportEntry own = entry("lessons", Status::warning, "Уроки", "");
  own.verdict.root = "lessons";
  EXPECT_THAT(told(report_of({own})), ElementsAre("lessons:"));
}

TEST(TallyTest, CountsEachKind) {
  Report report = one_root();
  report.entries.push_back(entry("u", Status::unknown, "U", ""));
  report.entries.push_back(entry("w", Status::warning, "W", ""));
  const Tally counts = tally(report);
  EXPECT_EQ(counts.total, 7);
  EXPECT_EQ(counts.ok, 1);
  EXPECT_EQ(counts.failed, 3);
  EXPECT_EQ(counts.unknown, 1);
  EXPECT_EQ(counts.skipped, 2);
}

}  // namespace
}  // namespace lectio
