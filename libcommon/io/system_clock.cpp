#include "io/system_clock.hpp"

#include <ctime>
#include <thread>

namespace lectio {

WallTime SystemClock::wall() { return std::chrono::system_clock::now(); }

BootTime SystemClock::boot() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
}

void SystemClock::sleep(Milliseconds duration) { std::this_thread::sleep_for(duration); }

}  // namespace lectio
