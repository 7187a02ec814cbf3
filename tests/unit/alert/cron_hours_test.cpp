#include "alert/cron_hours.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace lectio {
namespace {

TEST(CronHours, NothingIsLostFalseOrRepeated) {
  const char* const asked = std::getenv("LECTIO_CRON_HOURS");  // 10000 in ./check --full
  const int all = asked == nullptr ? 1000 : std::atoi(asked);
  int judged_heard = 0;
  for (std::uint32_t seed = 1; seed <= 10; ++seed) {
    const test::CronHours played = test::play_cron_hours(all / 10, seed);
    EXPECT_GT(played.incidents, 5) << seed;
    judged_heard += played.judged_heard;
    EXPECT_THAT(played.lost, testing::IsEmpty()) << seed;
    EXPECT_THAT(played.untrue, testing::IsEmpty()) << seed;
    EXPECT_THAT(played.repeated, testing::IsEmpty()) << seed;
  }
  EXPECT_GT(judged_heard, 20);
}

}  // namespace
}  // namespace lectio
