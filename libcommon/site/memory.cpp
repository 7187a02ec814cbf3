#include "site/memory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "check/redactor.hpp"

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

std::string largest_in_memory(const Procfs& procfs) {
  constexpr std::size_t most_named = 5;
  struct Program {
    std::string name;
    std::uint64_t bytes = 0;
    std::size_t processes = 0;
  };
  std::map<std::string, Program> programs;
  for (const Process& process : procfs.processes().value_or(std::vector<Process>{})) {
    Program& program = programs[process.name];
    program.name = process.name;
    program.bytes += procfs.own_memory(process.pid);
    ++program.processes;
  }
  std::vector<Program> largest;
  for (auto& [name, program] : programs) {
    if (megabytes(program.bytes) > 0) largest.push_back(std::move(program));
  }
  std::ranges::sort(largest, std::ranges::greater{}, &Program::bytes);
  if (largest.size() > most_named) largest.resize(most_named);
  std::string text;
  for (const Program& program : largest) {
    text += fmt::format("{}{}{} {}", text.empty() ? "" : ", ", Redactor{}.clean(program.name),
                        program.processes > 1 ? fmt::format(" ×{}", program.processes) : "",
                        megabytes(program.bytes));
  }
  return text;
}

}  // namespace lectio
