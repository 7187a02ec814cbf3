#include "site/memory.hpp"

namespace lectio {
namespace {

std::int64_t megabytes(std::uint64_t bytes) { return static_cast<std::int64_t>(bytes >> 20U); }

}  // namespace

Finding judge_memory(const Result<MemoryInfo>& memory, const MemoryLimits& limits) {
  if (!memory) {
    Finding finding{Outcome::unknown, "memory_unreadable", {}};
    finding.facts.set("error", memory.error().message);
    return finding;
  }
  Finding finding{Outcome::good, "memory_free", {}};
  const auto available = static_cast<double>(memory->available) / (1024.0 * 1024.0);
  if (available < limits.critical) {
    finding = {Outcome::critical, "memory_exhausted", {}};
  } else if (available < limits.warning) {
    finding = {Outcome::warning, "memory_low", {}};
  }
  finding.facts.set("available_mb", megabytes(memory->available))
      .set("total_mb", megabytes(memory->total))
      .set("swap_used_mb", megabytes(memory->swap_total - memory->swap_free))
      .set("swap_total_mb", megabytes(memory->swap_total));
  return finding;
}

}  // namespace lectio
