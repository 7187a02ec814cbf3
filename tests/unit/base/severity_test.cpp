#include "base/severity.hpp"

#include <gtest/gtest.h>

namespace lectio {
namespace {

TEST(Severity, IsReadAsItIsWritten) {
  for (const Severity severity :
       {Severity::critical, Severity::high, Severity::medium, Severity::low}) {
    EXPECT_EQ(parse_severity(to_string(severity)), severity);
  }
  EXPECT_EQ(parse_severity("urgent"), std::nullopt);
}

TEST(Status, TheWorstVerdictIsTheRuns) {
  EXPECT_EQ(worst(Status::ok, Status::ok), Status::ok);
  EXPECT_EQ(worst(Status::ok, Status::skipped), Status::ok);
  EXPECT_EQ(worst(Status::ok, Status::warning), Status::warning);
  EXPECT_EQ(worst(Status::ok, Status::unknown), Status::warning);
  EXPECT_EQ(worst(Status::warning, Status::critical), Status::critical);
  EXPECT_EQ(worst(Status::critical, Status::ok), Status::critical);
}

TEST(Status, ExitCodesAreTheMonitoringConvention) {
  EXPECT_EQ(exit_code(Status::ok), 0);
  EXPECT_EQ(exit_code(Status::warning), 1);
  EXPECT_EQ(exit_code(Status::critical), 2);
  EXPECT_EQ(exit_code(Status::unknown), 3);
}

}  // namespace
}  // namespace lectio
