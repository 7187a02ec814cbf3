// A clock that moves only when it is slept on.
#pragma once

#include <functional>
#include <vector>

#include "base/clock.hpp"

namespace lectio {

class SteppingClock final : public Clock {
 public:
  WallTime wall() override { return now; }
  BootTime boot() override { return uptime; }
  void sleep(Milliseconds duration) override {
    slept.push_back(duration);
    now += duration;
    uptime += duration;
    if (on_sleep) on_sleep();
  }

  WallTime now{std::chrono::seconds{1'790'000'000}};
  BootTime uptime{std::chrono::hours{24 * 30}};
  std::vector<Milliseconds> slept;
  std::function<void()> on_sleep;
};

}  // namespace lectio
