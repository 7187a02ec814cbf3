// Hours of cron with faults, deploys, mutes, reboots and clock steps at random, and a judge
// that knows what really happened.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lectio::test {

struct CronHours {
  int hours = 0;
  int decisions = 0;
  int faults = 0;
  int deploys = 0;
  int incidents = 0;  // told
  int sounds = 0;
  int judged_heard = 0;  // faults that had to be heard, and were listened for
  // What must not be, each told as a line.
  std::vector<std::string> lost;
  std::vector<std::string> untrue;
  std::vector<std::string> repeated;
};

// The same seed plays the same hours.
CronHours play_cron_hours(int hours, std::uint32_t seed);

}  // namespace lectio::test
