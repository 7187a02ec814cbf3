#include "health_check/repair_budget.hpp"

#include <gmock/gmock.h>
#include <stdlib.h>

#include "io/file.hpp"

namespace lectio {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

// Runs of a tool at every minute, a letter each: "+" without the fault, "-" with it. What became of
// it: "." nothing, "R" repaired, "c" cooling, "x" spent.
std::string play(std::string_view runs, minutes step = minutes{1}) {
  FaultRecords records;
  std::string told;
  WallTime now{hours{1'000'000}};
  for (const char run : runs) {
    const bool is_bad = run == '-';
    see(records, is_bad ? std::vector<std::string>{"fault"} : std::vector<std::string>{}, now);
    char what = '.';
    if (is_bad) {
      FaultRecord& record = *record_of(records, "fault");
      const MayRepair may = may_repair(record, now);
      what = may == MayRepair::yes ? 'R' : may == MayRepair::cooling ? 'c' : 'x';
      if (may == MayRepair::yes) count_attempt(record, now);
    }
    told += what;
    now += step;
  }
  return told;
}

TEST(RepairBudget, ThreeInARowThenFiveMinutesThenSixADay) {
  EXPECT_EQ(play("--------------------"), "RRRccccRRRxxxxxxxxxx");
}

TEST(RepairBudget, SuccessDoesNotBuyMoreAttempts) {
  EXPECT_EQ(play("-+-+-+-+-+-+-+-+-+-+"), "R.R.R.c.c.R.R.R.x.x.");
}

TEST(RepairBudget, AnHourWithoutTheFaultRearmsTheRowButNotTheDay) {
  EXPECT_EQ(play("---" + std::string(60, '+') + "----"), "RRR" + std::string(60, '.') + "RRRx");
}

TEST(RepairBudget, TheNextDayHasItsOwn) {
  EXPECT_EQ(play("-----------------------------------", minutes{60}),
            "RRRRRRxxxxxxxxxxxxxxxxxxRRRRRRxxxxx");
}

TEST(RepairBudget, RunsInARowAreCounted) {
  FaultRecords records;
  const WallTime now{hours{1'000'000}};
  see(records, {"a", "b"}, now);
  see(records, {"a"}, now + minutes{1});
  EXPECT_EQ(record_of(records, "a")->runs, 2);
  EXPECT_EQ(record_of(records, "b")->runs, 0);
  see(records, {"b"}, now + minutes{2});
  EXPECT_EQ(record_of(records, "b")->runs, 1);
}

TEST(RepairBudget, AClockThatIsSetBackGivesNoAttempts) {
  FaultRecord record{.fault = "a", .seen = {}, .runs = 1, .streak = 3, .attempts = {}};
  const WallTime now{hours{1'000'000}};
  record.attempts = {now + hours{5}};
  EXPECT_EQ(may_repair(record, now), MayRepair::cooling);
}

TEST(RepairBudget, IsForgottenWhenItIsOver) {
  FaultRecords records;
  const WallTime now{hours{1'000'000}};
  see(records, {"a"}, now);
  see(records, {}, now + hours{2});
  EXPECT_TRUE(records.empty());
}

TEST(RepairBudget, IsToldAsAMetric) {
  const WallTime now{hours{1'000'000}};
  FaultRecord record{.fault = "build", .seen = now, .runs = 1, .streak = 0, .attempts = {}};
  record.attempts = {now - hours{25}, now - hours{23}, now};
  Metrics metrics{{}};
  add_repairs(metrics, {record}, now);
  EXPECT_THAT(metrics.text(), testing::HasSubstr("lectio_repair_attempts{fault=\"build\"} 2\n"));
}

TEST(RepairBudget, IsKept) {
  std::string directory = testing::TempDir() + "repair.XXXXXX";
  ASSERT_NE(::mkdtemp(directory.data()), nullptr);
  EXPECT_TRUE(load_faults(directory)->empty());
  FaultRecords records;
  see(records, {"a"}, WallTime{hours{1'000'000}});
  count_attempt(records.front(), WallTime{hours{1'000'000}});
  ASSERT_TRUE(save_faults(directory, records));
  EXPECT_EQ(*load_faults(directory), records);
  ASSERT_TRUE(write_file_atomically(directory + "/repair.json", "{", 0600));
  const auto damaged = load_faults(directory);
  ASSERT_FALSE(damaged);
  EXPECT_THAT(damaged.error().message, testing::HasSubstr(directory + "/repair.json"));
}

}  // namespace
}  // namespace lectio
