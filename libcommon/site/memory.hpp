// Memory that can still be had, and swap.
#pragma once

#include "base/result.hpp"
#include "check/finding.hpp"
#include "io/procfs.hpp"

namespace lectio {

struct MemoryLimits {  // MB available; below warning, below critical
  double warning = 256;
  double critical = 100;
};

// Codes: memory_free, memory_low, memory_exhausted, memory_unreadable.
Finding judge_memory(const Result<MemoryInfo>& memory, const MemoryLimits& limits);

}  // namespace lectio
