#include "site/tools_fresh.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "io/filesystem.hpp"
#include "io/procfs.hpp"

namespace lectio {
namespace {

std::string name_late(const std::vector<StampAge>& ages) {
  std::string names;
  for (const StampAge& stamp : ages) {
    if (!stamp.late) continue;
    if (!names.empty()) names += ", ";
    names += fmt::format("{} {}", stamp.tool, short_age(stamp.age));
  }
  return names;
}

bool is_program(const std::string& path) {
  std::string magic(4, ' ');
  std::ifstream{path, std::ios::binary}.read(magic.data(), 4);
  return magic == "\177ELF";
}

}  // namespace

std::vector<std::string> programs_without_x_bit(const std::string& directory) {
  std::vector<std::string> paths;
  std::error_code failed;
  for (std::filesystem::directory_iterator entry{directory, failed}, end; !failed && entry != end;
       entry.increment(failed)) {
    std::string path = entry->path().string();
    std::error_code gone;
    if (::access(path.c_str(), X_OK) != 0 && entry->is_regular_file(gone) && is_program(path)) {
      paths.push_back(std::move(path));
    }
  }
  std::ranges::sort(paths);
  return paths;
}

std::vector<StampAge> stamp_ages(const std::vector<RunStamp>& stamps, std::string_view boot_id,
                                 Clock& clock) {
  std::vector<StampAge> ages;
  for (const RunStamp& stamp : stamps) {
    if (stamp.tool == "heartbeat") continue;
    const Milliseconds age = age_of(stamp, boot_id, clock);
    ages.push_back({stamp.tool, age, is_late(stamp, age, clock), stamp.status});
  }
  return ages;
}

std::string short_age(Milliseconds age) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(age).count();
  if (seconds < 120) return fmt::format("{}s", seconds);
  if (seconds < 7200) return fmt::format("{}m", seconds / 60);
  if (seconds < 172800) return fmt::format("{}h", seconds / 3600);
  return fmt::format("{}d", seconds / 86400);
}

Finding probe_tools_fresh(const Config& config, Clock& clock,
                          const Result<std::optional<DeployMarker>>& deploy,
                          std::vector<StampAge>& ages, std::vector<std::string>& notes) {
  const auto stamps = read_run_stamps(config.text("STATE_DIR"), notes);
  if (!stamps) {
    return {Outcome::unknown, "stamps_unreadable", Facts{}.set("error", stamps.error().message)};
  }
  ages = stamp_ages(*stamps, Procfs{}.boot_id().value_or(""), clock);
  Facts facts;
  facts.set("tools", ages.size());
  if (const auto paths = programs_without_x_bit(program_directory()); !paths.empty()) {
    return {Outcome::bad, "tools_not_executable",
            facts.set("paths", fmt::format("{}", fmt::join(paths, " ")))};
  }
  if (ages.empty()) return {Outcome::good, "tools_none_yet", {}};
  const std::string late = name_late(ages);
  if (late.empty()) return {Outcome::good, "tools_run", facts};
  facts.set("late", late);
  if (!deploy) notes.push_back(deploy.error().message);
  if (!deploy || !*deploy) return {Outcome::bad, "tools_late", facts};
  if (!(*deploy)->who.empty()) facts.set("who", (*deploy)->who);
  return {Outcome::good, "tools_late_in_deploy", facts};
}

}  // namespace lectio
