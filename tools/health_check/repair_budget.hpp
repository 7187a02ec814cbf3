// How often a fault may be mended: STATE_DIR/repair.json remembers.
#pragma once

#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "report/prometheus.hpp"

namespace lectio {

struct FaultRecord {
  std::string fault;
  WallTime seen{};                 // last
  int runs = 0;                    // in a row that saw it
  int streak = 0;                  // attempts since the last hour without it
  std::vector<WallTime> attempts;  // of the last day, the oldest first
  bool operator==(const FaultRecord&) const = default;
};
using FaultRecords = std::vector<FaultRecord>;

enum class MayRepair {
  yes,
  cooling,  // three attempts: 300 s until the next
  spent,    // six within a day
};

inline constexpr int attempts_in_a_row = 3;
inline constexpr Milliseconds repair_cooldown{300'000};
inline constexpr std::size_t attempts_a_day = 6;
inline constexpr Milliseconds repair_rearmed{3'600'000};  // without the fault

// A run at `now` saw these faults and no others.
void see(FaultRecords& records, const std::vector<std::string>& faults, WallTime now);
// Null when no run has seen it.
FaultRecord* record_of(FaultRecords& records, const std::string& fault);
MayRepair may_repair(const FaultRecord& record, WallTime now);
void count_attempt(FaultRecord& record, WallTime now);
// Within the last hour.
int recent_attempts(const FaultRecord& record, WallTime now);

// Attempts of the last day, of each fault that is remembered.
void add_repairs(Metrics& metrics, const FaultRecords& records, WallTime now);

// Empty when there is none. What does not parse is an error (ErrorKind::config): without a memory
// nothing is mended, for it could be mended for ever.
Result<FaultRecords> load_faults(const std::string& state_dir);
// On disk when it returns.
Result<void> save_faults(const std::string& state_dir, const FaultRecords& records);

}  // namespace lectio
