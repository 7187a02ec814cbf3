#include "site/tools_fresh.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "base/stepping_clock.hpp"

namespace lectio {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;

class StampAges : public testing::Test {
 protected:
  RunStamp ran(const std::string& tool, Milliseconds ago, Milliseconds period) {
    RunStamp stamp;
    stamp.tool = tool;
    stamp.ended = clock_.now - ago;
    stamp.period = period;
    return stamp;
  }
  bool late(Milliseconds ago, Milliseconds period) {
    return stamp_ages({ran("smoke_check", ago, period)}, "", clock_).at(0).late;
  }

  SteppingClock clock_;
};

TEST_F(StampAges, LateIsAfterThreePeriods) {
  EXPECT_FALSE(late(minutes{15}, minutes{5}));
  EXPECT_TRUE(late(minutes{15} + seconds{1}, minutes{5}));
}

TEST_F(StampAges, TheFutureCountsAsNow) {
  const auto ages = stamp_ages({ran("smoke_check", -hours{5}, minutes{5})}, "", clock_);
  EXPECT_THAT(ages, ElementsAre(Field(&StampAge::age, Milliseconds{0})));
  EXPECT_FALSE(ages[0].late);
}

TEST_F(StampAges, AToolStartedByHandIsNeverLate) { EXPECT_FALSE(late(hours{9000}, seconds{0})); }

TEST_F(StampAges, AfterABootEveryToolHasThreePeriodsToRun) {
  clock_.uptime = minutes{10};
  EXPECT_FALSE(late(hours{12}, minutes{5}));
  clock_.uptime = minutes{16};
  EXPECT_TRUE(late(hours{12}, minutes{5}));
}

TEST_F(StampAges, AStepOfTheWallClockAgesNobody) {
  RunStamp stamp = ran("smoke_check", minutes{1}, minutes{5});
  stamp.boot_id = "this boot";
  stamp.uptime = std::chrono::duration_cast<Milliseconds>(clock_.uptime) - minutes{1};
  clock_.now += hours{2};

  const auto ages = stamp_ages({stamp}, "this boot", clock_);
  EXPECT_THAT(ages, ElementsAre(Field(&StampAge::age, minutes{1})));
  EXPECT_FALSE(ages[0].late);

  const auto after_a_boot = stamp_ages({stamp}, "another boot", clock_);
  EXPECT_THAT(after_a_boot, ElementsAre(Field(&StampAge::age, hours{2} + minutes{1})));
  EXPECT_TRUE(after_a_boot[0].late);
}

TEST_F(StampAges, HeartbeatDoesNotWatchItself) {
  EXPECT_THAT(stamp_ages({ran("heartbeat", hours{5}, minutes{1})}, "", clock_), IsEmpty());
}

TEST(Programs, ThatLostTheirXBitAreNamedWhetherTheyEverRanOrNot) {
  const std::filesystem::path directory = testing::TempDir() + "programs_test";
  std::filesystem::create_directories(directory / "django");
  const auto lay = [&](const std::string& name, const std::string& bytes, unsigned mode) {
    std::ofstream{directory / name} << bytes;
    std::filesystem::permissions(directory / name, std::filesystem::perms{mode});
  };
  const std::string program = "\177ELF\2\1";
  lay("smoke_check", program, 0755);
  lay("notify_failure", program, 0644);
  lay("alerts", program, 0644);
  lay("config.env", "SITE_URL=\"https://lectio.test\"\n", 0600);
  lay("empty", "", 0644);
  EXPECT_THAT(
      programs_without_x_bit(directory),
      ElementsAre((directory / "alerts").string(), (directory / "notify_failure").string()));
  std::filesystem::remove_all(directory);
  EXPECT_THAT(programs_without_x_bit(directory), IsEmpty());
}

TEST(ShortAge, IsReadAtAGlance) {
  EXPECT_EQ(short_age(Milliseconds{900}), "0s");
  EXPECT_EQ(short_age(seconds{119}), "119s");
  EXPECT_EQ(short_age(minutes{119}), "119m");
  EXPECT_EQ(short_age(hours{47}), "47h");
  EXPECT_EQ(short_age(hours{49}), "2d");
}

}  // namespace
}  // namespace lectio
