// Time as the suite sees it. A door: tests bring their own clock.
#pragma once

#include <chrono>
#include <string>

namespace lectio {

using Milliseconds = std::chrono::milliseconds;
using WallTime = std::chrono::system_clock::time_point;
// Since boot, suspended time included (CLOCK_BOOTTIME); never steps back.
using BootTime = std::chrono::duration<std::int64_t, std::nano>;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime wall() = 0;
  virtual BootTime boot() = 0;
  virtual void sleep(Milliseconds duration) = 0;
};

// 2026-11-24T03:10:36Z
std::string to_rfc3339(WallTime time);

// When the whole run must have ended.
class Deadline {
 public:
  Deadline(Clock& clock, Milliseconds budget) : clock_(&clock), end_(clock.boot() + budget) {}

  // Never negative.
  Milliseconds left() const {
    const auto rest = std::chrono::duration_cast<Milliseconds>(end_ - clock_->boot());
    return rest.count() > 0 ? rest : Milliseconds{0};
  }
  bool passed() const { return left().count() == 0; }

 private:
  Clock* clock_;
  BootTime end_;
};

}  // namespace lectio
