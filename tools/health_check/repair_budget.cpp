#include "health_check/repair_budget.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "io/file.hpp"
#include "io/json_fields.hpp"

namespace lectio {

template <class Fields>
void describe(Fields& fields, FaultRecord& record) {
  fields("fault", record.fault);
  fields("seen_ms", record.seen);
  fields("runs", record.runs);
  fields("streak", record.streak);
  fields("attempts_ms", record.attempts);
}

struct FaultFile {
  FaultRecords faults;
};

template <class Fields>
void describe(Fields& fields, FaultFile& file) {
  int schema = 1;
  fields("schema", schema);
  fields("faults", file.faults);
}

namespace {

constexpr std::chrono::hours day{24};

std::string repair_path(const std::string& state_dir) { return state_dir + "/repair.json"; }

// A time in the future, of a clock that was set back, counts as now.
Milliseconds age(WallTime then, WallTime now) {
  return std::max(std::chrono::duration_cast<Milliseconds>(now - then), Milliseconds{0});
}

}  // namespace

FaultRecord* record_of(FaultRecords& records, const std::string& fault) {
  const auto found = std::ranges::find(records, fault, &FaultRecord::fault);
  return found == records.end() ? nullptr : &*found;
}

void see(FaultRecords& records, const std::vector<std::string>& faults, WallTime now) {
  for (const std::string& fault : faults) {
    FaultRecord* record = record_of(records, fault);
    if (record == nullptr) {
      records.push_back({.fault = fault, .seen = now, .runs = 0, .streak = 0, .attempts = {}});
      record = &records.back();
    }
    if (age(record->seen, now) >= repair_rearmed) record->streak = 0;
    record->seen = now;
    ++record->runs;
  }
  for (FaultRecord& record : records) {
    if (std::ranges::find(faults, record.fault) == faults.end()) record.runs = 0;
    std::erase_if(record.attempts, [&](WallTime attempt) { return age(attempt, now) >= day; });
  }
  std::erase_if(records, [&](const FaultRecord& record) {
    return record.runs == 0 && record.attempts.empty() && age(record.seen, now) >= repair_rearmed;
  });
}

MayRepair may_repair(const FaultRecord& record, WallTime now) {
  if (record.attempts.size() >= attempts_a_day) return MayRepair::spent;
  const bool has_tried = record.streak > 0 && record.streak % attempts_in_a_row == 0;
  if (has_tried && !record.attempts.empty() && age(record.attempts.back(), now) < repair_cooldown) {
    return MayRepair::cooling;
  }
  return MayRepair::yes;
}

void count_attempt(FaultRecord& record, WallTime now) {
  ++record.streak;
  record.attempts.push_back(now);
}

int recent_attempts(const FaultRecord& record, WallTime now) {
  return static_cast<int>(std::ranges::count_if(
      record.attempts, [&](WallTime attempt) { return age(attempt, now) < repair_rearmed; }));
}

void add_repairs(Metrics& metrics, const FaultRecords& records, WallTime now) {
  constexpr Metric attempts{"lectio_repair_attempts",
                            "How often a fault was mended within the last day."};
  for (const FaultRecord& record : records) {
    const auto count = std::ranges::count_if(
        record.attempts, [&](WallTime attempt) { return age(attempt, now) < day; });
    metrics.add(attempts, {{"fault", record.fault}}, static_cast<double>(count));
  }
}

Result<FaultRecords> load_faults(const std::string& state_dir) {
  const auto text = read_file_if_any(repair_path(state_dir));
  if (!text) return std::unexpected(text.error());
  if (!*text) return FaultRecords{};
  auto file = parse_json_fields<FaultFile>(**text);
  if (file) return std::move(file->faults);
  return fail(ErrorKind::config,
              fmt::format("{} does not parse: nothing is repaired until it is moved away",
                          repair_path(state_dir)));
}

Result<void> save_faults(const std::string& state_dir, const FaultRecords& records) {
  if (auto made = make_directory(state_dir); !made) return made;
  return write_file_atomically(repair_path(state_dir), to_json_fields(FaultFile{records}) + "\n",
                               0600);
}

}  // namespace lectio
