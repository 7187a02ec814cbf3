#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/report.hpp"
#include "report/reports.hpp"

namespace lectio {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// Of the first line, before the performance data.
std::string text_of(const std::string& output) { return output.substr(0, output.find(" | ")); }

TEST(NagiosTest, TellsTheRootOnceAndTheTimesOfAll) {
  EXPECT_EQ(to_nagios(one_root()),
            "LECTIO SMOKE_CHECK CRITICAL: Вход учителя | total=0.513s checks=5 ok=1 failed=2 "
            "unknown=0 skipped=2 'frontend'=0.012s 'teacher_login'=0.012s 'student_login'=0.012s "
            "'lessons'=U 'groups'=U\n"
            "CRITICAL: Вход учителя: HTTP 500 (+3)\n");
}

TEST(NagiosTest, CountsWhenAllIsWell) {
  EXPECT_THAT(
      to_nagios(report_of({entry("a", Status::ok, "A", ""), entry("b", Status::ok, "B", "")})),
      StartsWith("LECTIO SMOKE_CHECK OK: 2/2 ok | "));
  EXPECT_THAT(to_nagios(report_of({entry("a", Status::ok, "A", ""), skipped("b", "B", "")})),
              StartsWith("LECTIO SMOKE_CHECK OK: 1/2 ok, 1 skipped | "));
}

TEST(NagiosTest, SaysWhyTheToolCouldNotRun) {
  Report report = report_of({});
  report.status = Status::unknown;
  report.notes = {"another instance is still running"};
  EXPECT_THAT(to_nagios(report),
              StartsWith("LECTIO SMOKE_CHECK UNKNOWN: another instance is still running | "));
}

TEST(NagiosTest, KeepsTheFirstLineShort) {
  std::vector<ReportEntry> entries(10, entry("a", Status::critical, "Домашние задания", ""));
  const std::string several = text_of(to_nagios(report_of(entries)));
  EXPECT_EQ(several, "LECTIO SMOKE_CHECK CRITICAL: Домашние задания, Домашние задания (+8)");
  entries = {entry("a", Status::critical, std::string(200, 'x'), "")};
  EXPECT_LT(display_width(text_of(to_nagios(report_of(entries)))), 80);
}

TEST(NagiosTest, NothingButPerformanceDataFollowsABar) {
  ReportEntry bad = entry("it's=a|b", Status::critical, "a|b", "c|d\ne");
  const std::string output = to_nagios(report_of({bad}));
  EXPECT_THAT(output, StartsWith("LECTIO SMOKE_CHECK CRITICAL: a¦b | total="));
  EXPECT_THAT(output, HasSubstr(" 'it''s_a¦b'=0.012s\nCRITICAL: a¦b: c¦d e\n"));
  EXPECT_EQ(std::ranges::count(output, '|'), 1);
}

TEST(NagiosTest, PutsNotesLast) {
  Report report = one_root();
  report.notes = {"config.env:3: unknown key"};
  EXPECT_THAT(to_nagios(report), testing::EndsWith("(+3)\nconfig.env:3: unknown key\n"));
}

}  // namespace
}  // namespace lectio
