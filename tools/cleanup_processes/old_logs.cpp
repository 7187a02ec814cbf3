#include "cleanup_processes/old_logs.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "io/file.hpp"
#include "io/filesystem.hpp"

namespace lectio {
namespace {

using Node = std::pair<dev_t, ino_t>;

struct Found {
  OldLog log;
  Node node;
};

}  // namespace

Result<void> accept_log_patterns(const std::vector<std::string>& patterns) {
  for (const std::string& pattern : patterns) {
    const std::filesystem::path path{pattern};
    if (path.is_absolute() && path.filename().string().find(".log") != std::string::npos) continue;
    return fail(ErrorKind::config,
                fmt::format("CLEANUP_LOGS: \"{}\" names no logs: an absolute path is wanted whose "
                            "last part holds .log, as /var/log/site/*.log*",
                            pattern));
  }
  return {};
}

Result<std::vector<OldLog>> find_old_logs(const std::vector<std::string>& patterns, WallTime before,
                                          const Procfs& procfs) {
  std::vector<Found> found;
  std::set<Node> nodes;
  for (const std::string& pattern : patterns) {
    const auto paths = matching_paths(pattern);
    if (!paths) return std::unexpected(paths.error());
    for (const std::string& path : *paths) {
      struct stat status{};
      if (::lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
      if (std::chrono::system_clock::from_time_t(status.st_mtime) >= before) continue;
      const Node node{status.st_dev, status.st_ino};
      if (!nodes.insert(node).second) continue;  // two patterns match it
      found.push_back({{path, static_cast<std::uint64_t>(status.st_size)}, node});
    }
  }
  if (found.empty()) return std::vector<OldLog>{};
  const auto open = procfs.open_files();
  if (!open) return std::unexpected(open.error());
  std::vector<OldLog> logs;
  for (Found& old : found) {
    if (!open->contains(old.node)) logs.push_back(std::move(old.log));
  }
  return logs;
}

Result<void> remove_log(const OldLog& log, WallTime before) {
  const auto refuse = [&](const char* why) {
    return fail(ErrorKind::io, fmt::format("{}: {}", log.path, why));
  };
  const std::filesystem::path path{log.path};
  const std::string directory = path.parent_path().string();
  const Fd place{::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
  if (!place) return refuse(std::strerror(errno));
  std::error_code failed;
  const auto real =
      std::filesystem::read_symlink(fmt::format("/proc/self/fd/{}", place.get()), failed);
  if (failed || real != directory) return refuse("its directory is reached by a link");
  const std::string name = path.filename().string();
  struct stat status{};
  if (::fstatat(place.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 ||
      !S_ISREG(status.st_mode) ||
      std::chrono::system_clock::from_time_t(status.st_mtime) >= before) {
    return {};
  }
  if (::unlinkat(place.get(), name.c_str(), 0) == 0 || errno == ENOENT) return {};
  return refuse(std::strerror(errno));
}

}  // namespace lectio
