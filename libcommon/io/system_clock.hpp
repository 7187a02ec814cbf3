// The machine's own time.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

namespace lectio {

class SystemClock final : public Clock {
 public:
  WallTime wall() override;
  BootTime boot() override;
  void sleep(Milliseconds duration) override;
};

// Whether something keeps it at the right time, as the kernel knows. ErrorKind::io.
Result<bool> clock_is_synchronised();

}  // namespace lectio
