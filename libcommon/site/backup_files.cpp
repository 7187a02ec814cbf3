#include "site/backup_files.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <optional>
#include <string_view>

#include "base/ascii.hpp"
#include "io/filesystem.hpp"

namespace lectio {
namespace {

std::optional<WallTime> date_in(std::string_view name) {
  constexpr std::size_t length = 15;  // 20261125-174512
  for (std::size_t at = 0; at + length <= name.size(); ++at) {
    std::string text{name.substr(at, length)};
    if (text[8] != '-' && text[8] != '_') continue;
    text.erase(8, 1);
    if (!std::ranges::all_of(text, is_digit)) continue;
    if (at + length < name.size() && is_digit(name[at + length])) continue;
    std::tm parts{};
    if (::strptime(text.c_str(), "%Y%m%d%H%M%S", &parts) == nullptr) continue;
    parts.tm_isdst = -1;
    return std::chrono::system_clock::from_time_t(::mktime(&parts));
  }
  return std::nullopt;
}

Result<void> add_of(const std::string& pattern, WallTime now, std::vector<BackupFile>& files) {
  const auto paths = matching_paths(pattern);
  if (!paths) return std::unexpected(paths.error());
  for (const std::string& path : *paths) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    const WallTime changed = std::min(now, std::chrono::system_clock::from_time_t(status.st_mtime));
    const auto named = date_in(std::filesystem::path{path}.filename().string());
    files.push_back({path, named && *named <= now ? *named : changed,
                     static_cast<std::uint64_t>(status.st_size), changed});
  }
  return {};
}

}  // namespace

Result<std::vector<BackupFile>> list_backups(const std::vector<std::string>& patterns,
                                             WallTime now) {
  std::vector<BackupFile> files;
  for (const std::string& pattern : patterns) {
    if (auto added = add_of(pattern, now, files); !added) return std::unexpected(added.error());
  }
  std::ranges::sort(files, std::ranges::greater{}, &BackupFile::made);
  return files;
}

}  // namespace lectio
