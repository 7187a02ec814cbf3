// The machine's own time.
#pragma once

#include "base/clock.hpp"

namespace lectio {

class SystemClock final : public Clock {
 public:
  WallTime wall() override;
  BootTime boot() override;
  void sleep(Milliseconds duration) override;
};

}  // namespace lectio
