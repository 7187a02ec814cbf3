// Wall time as the clocks of a place show it.
#pragma once

#include <string>

#include "base/clock.hpp"

namespace lectio {

struct LocalTime {
  int year = 0;
  int month = 0;  // 1-12
  int day = 0;
  int hour = 0;
  int minute = 0;
  std::string zone;  // as the tz database abbreviates it: "MSK", "+05"
};

// A name of the machine's tz database, such as Europe/Moscow.
bool is_time_zone(const std::string& name);

// 2026-11-28T05:00:00+03:00, in the machine's own zone.
std::string to_local_rfc3339(WallTime time);

// In the machine's own zone when `zone` is no time zone. Sets TZ for the moment of the call:
// no other thread may read the environment meanwhile.
LocalTime local_time(WallTime time, const std::string& zone);

}  // namespace lectio
