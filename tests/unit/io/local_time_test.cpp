#include "io/local_time.hpp"

#include <gtest/gtest.h>
#include <time.h>

#include <chrono>
#include <cstdlib>

namespace lectio {
namespace {

using namespace std::chrono_literals;

// 2026-11-24 21:05:30 UTC
constexpr WallTime evening =
    std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} + 21h + 5min + 30s;

// The machine's own zone, for the life of a test.
class LocalTimeTest : public testing::Test {
 protected:
  LocalTimeTest() { own_zone("Asia/Tokyo"); }
  ~LocalTimeTest() override {
    ::unsetenv("TZ");
    ::tzset();
  }
  static void own_zone(const char* zone) {
    ::setenv("TZ", zone, 1);
    ::tzset();
  }
};

TEST_F(LocalTimeTest, IsThatOfTheZone) {
  const LocalTime local = local_time(evening, "Europe/Moscow");
  EXPECT_EQ(local.year, 2026);
  EXPECT_EQ(local.month, 11);
  EXPECT_EQ(local.day, 25);
  EXPECT_EQ(local.hour, 0);
  EXPECT_EQ(local.minute, 5);
  EXPECT_EQ(local.zone, "MSK");
}

TEST_F(LocalTimeTest, KnowsSummerTime) {
  EXPECT_EQ(local_time(evening, "Europe/Berlin").zone, "CET");
  EXPECT_EQ(local_time(evening - 24h * 150, "Europe/Berlin").zone, "CEST");
}

TEST_F(LocalTimeTest, NamesAZoneWithoutLettersByItsOffset) {
  EXPECT_EQ(local_time(evening, "Asia/Kathmandu").zone, "+0545");
}

TEST_F(LocalTimeTest, IsTheMachinesOwnWithoutAKnownZone) {
  for (const char* zone : {"", "Mars/Olympus", "MSK-3", "/etc/localtime", "../zoneinfo/UTC",
                           "Europe", "tzdata.zi", ":Europe/Moscow", "Europe/Moscow\n"}) {
    EXPECT_EQ(local_time(evening, zone).zone, "JST") << zone;
    EXPECT_EQ(local_time(evening, zone).hour, 6) << zone;
  }
}

TEST_F(LocalTimeTest, IsWrittenWithItsOffset) {
  EXPECT_EQ(to_local_rfc3339(evening), "2026-11-25T06:05:30+09:00");
  own_zone("America/St_Johns");
  EXPECT_EQ(to_local_rfc3339(evening), "2026-11-24T17:35:30-03:30");
  own_zone("UTC");
  EXPECT_EQ(to_local_rfc3339(evening), "2026-11-24T21:05:30+00:00");
}

TEST_F(LocalTimeTest, LeavesTheProcessInItsOwnZone) {
  local_time(evening, "Europe/Moscow");
  EXPECT_STREQ(std::getenv("TZ"), "Asia/Tokyo");
  EXPECT_STREQ(::tzname[0], "JST");
  ::unsetenv("TZ");
  local_time(evening, "Europe/Moscow");
  EXPECT_EQ(std::getenv("TZ"), nullptr);
}

TEST(IsTimeZoneTest, TakesNamesOfTheDatabaseOnly) {
  EXPECT_TRUE(is_time_zone("Europe/Moscow"));
  EXPECT_TRUE(is_time_zone("Etc/GMT+5"));
  EXPECT_FALSE(is_time_zone("Europe/Mosow"));
  EXPECT_FALSE(is_time_zone("zone.tab"));
}

}  // namespace
}  // namespace lectio
