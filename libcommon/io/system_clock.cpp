#include "io/system_clock.hpp"

#include <sys/timex.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <thread>

namespace lectio {

WallTime SystemClock::wall() { return std::chrono::system_clock::now(); }

BootTime SystemClock::boot() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
}

Result<bool> clock_is_synchronised() {
  timex state{};  // nothing to be set: asked only
  const int kept = ::adjtimex(&state);
  if (kept < 0) {
    return fail(ErrorKind::io, std::string{"adjtimex: "} + std::strerror(errno));
  }
  return kept != TIME_ERROR && (static_cast<unsigned>(state.status) & STA_UNSYNC) == 0;
}

void SystemClock::sleep(Milliseconds duration) { std::this_thread::sleep_for(duration); }

}  // namespace lectio
