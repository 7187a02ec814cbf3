// Memory that can still be had, and swap.
#pragma once

#include <string>

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

// The programs that hold most of it, in MB: "gunicorn ×4 620, node 310".
std::string largest_in_memory(const Procfs& procfs);

}  // namespace lectio
