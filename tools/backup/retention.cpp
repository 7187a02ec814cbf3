#include "backup/retention.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <initializer_list>
#include <string_view>
#include <system_error>

#include "site/backup_files.hpp"

namespace lectio {
namespace {

constexpr std::string_view digits8 = "[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]";
constexpr std::string_view digits6 = "[0-9][0-9][0-9][0-9][0-9][0-9]";
constexpr std::array<std::string_view, 2> endings{"dump", "sqlite3"};

std::string pattern(std::string_view ending) {
  return fmt::format("database-{}-{}.{}", digits8, digits6, ending);
}

}  // namespace

std::string backup_path(const std::string& directory, const std::string& engine, WallTime made) {
  return fmt::format("{}/database-{:%Y%m%d-%H%M%S}.{}", directory,
                     fmt::localtime(std::chrono::system_clock::to_time_t(made)),
                     engine == "sqlite" ? endings[1] : endings[0]);
}

std::string partial_path(const std::string& path) {
  const std::filesystem::path whole{path};
  return (whole.parent_path() / ("." + whole.filename().string() + ".partial")).string();
}

Result<Retention> judge_retention(const std::string& directory, WallTime now, double days,
                                  std::size_t least) {
  Retention retention;
  std::vector<std::string> patterns;
  for (const std::string_view ending : endings) {
    patterns.push_back(directory + "/" + pattern(ending));
  }
  const auto files = list_backups(patterns, now);
  if (!files) return std::unexpected(files.error());
  const auto oldest = now - std::chrono::duration_cast<Milliseconds>(
                                std::chrono::duration<double, std::ratio<86400>>(days));
  for (const BackupFile& file : *files) {
    if (retention.kept < least || file.made >= oldest) {
      ++retention.kept;
    } else {
      retention.old.push_back(file.path);
    }
  }
  std::error_code failed;
  std::filesystem::directory_iterator entry{directory, failed};
  for (const std::filesystem::directory_iterator end; !failed && entry != end;
       entry.increment(failed)) {
    const std::string name = entry->path().filename().string();
    for (const std::string_view ending : endings) {
      const std::string partial = "." + pattern(ending) + ".partial";
      if (::fnmatch(partial.c_str(), name.c_str(), 0) == 0) {
        retention.partial.push_back(entry->path().string());
      }
    }
  }
  return retention;
}

bool may_remove(const Findings& before) {
  const auto is = [&](std::string_view id, std::initializer_list<Outcome> outcomes) {
    const auto found = before.find(id);
    return found != before.end() &&
           std::ranges::find(outcomes, found->second.outcome) != outcomes.end();
  };
  using enum Outcome;
  return !is("backup", {bad, warning, critical, unknown}) &&
         !is("backup_restore", {bad, critical, unknown});
}

}  // namespace lectio
