#include "report/log.hpp"

#include <gtest/gtest.h>

#include "report/reports.hpp"

namespace lectio {
namespace {

class LogTest : public testing::Test {
 protected:
  std::string log(const Report& report, bool was_well = true, bool is_whole = true) {
    return to_log(report, {.time = "2026-11-24T06:10:36+03:00",
                           .was_well = was_well,
                           .is_whole = is_whole,
                           .checks = 14,
                           .redactor = redactor});
  }

  Redactor redactor;
};

TEST_F(LogTest, HasALineForEachRootAndForEachNote) {
  Report report = one_root();
  report.notes = {"book.json was damaged"};
  EXPECT_EQ(log(report),
            "2026-11-24T06:10:36+03:00 critical teacher_login: HTTP 500 (+3)\n"
            "2026-11-24T06:10:36+03:00 note: book.json was damaged\n");
}

TEST_F(LogTest, SaysOnceThatAllIsWellAgain) {
  const Report well = report_of({entry("a", Status::ok, "A", "")});
  EXPECT_EQ(log(well, false), "2026-11-24T06:10:36+03:00 ok: all 14 checks are well again\n");
  EXPECT_EQ(log(well, true), "");
}

TEST_F(LogTest, ARunThatLookedAtAFewDoesNotSpeakForAll) {
  EXPECT_EQ(log(report_of({entry("a", Status::ok, "A", "")}), false, false), "");
}

TEST_F(LogTest, ALineStaysALineAndHoldsNoSecret) {
  redactor.add_secret("hunter2");
  EXPECT_EQ(log(report_of({entry("a", Status::warning, "A", "x\ny\x1b[31m hunter2")})),
            "2026-11-24T06:10:36+03:00 warning a: x y [31m ***\n");
}

TEST_F(LogTest, KnowsHowThingsStoodAtItsEnd) {
  EXPECT_TRUE(log_ends_well(""));
  EXPECT_TRUE(log_ends_well("T warning a: x\nT ok: all 3 checks are well again\n"));
  EXPECT_TRUE(log_ends_well("T ok: all 3 checks are well again\nT note: y\n"));
  EXPECT_FALSE(log_ends_well("T ok: all 3 checks are well again\nT warning a: x\n"));
  EXPECT_FALSE(log_ends_well("T warning a: x\nT note: y\n"));
  EXPECT_TRUE(log_ends_well("T note: y\n"));
}

}  // namespace
}  // namespace lectio
