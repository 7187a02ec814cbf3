#include "io/filesystem.hpp"

#include <fmt/format.h>
#include <fnmatch.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace lectio {
namespace {

std::unexpected<Error> io_error(const std::string& path, int error) {
  return fail(ErrorKind::io, fmt::format("{}: {}", path, std::strerror(error)));
}

double percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 100.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

bool is_absent(int error) { return error == ENOENT || error == ENOTDIR; }

Result<std::optional<FileNode>> node_of(const std::string& path, const struct stat& status) {
  FileNode node{status.st_mode,
                status.st_uid,
                status.st_gid,
                static_cast<std::uint64_t>(status.st_size),
                {},
                {},
                status.st_dev};
  if (S_ISLNK(status.st_mode)) {
    std::array<char, PATH_MAX> target{};
    const ssize_t size = ::readlink(path.c_str(), target.data(), target.size());
    if (size < 0) return io_error(path, errno);
    node.link_target.assign(target.data(), static_cast<std::size_t>(size));
    return node;
  }
  std::array<char, 4096> acl{};
  const ssize_t size = ::getxattr(path.c_str(), "system.posix_acl_access", acl.data(), acl.size());
  if (size > 0) node.access_acl.assign(acl.data(), static_cast<std::size_t>(size));
  if (size < 0 && errno != ENODATA && errno != ENOTSUP) return io_error(path, errno);
  return node;
}

using StatFunction = int (*)(const char*, struct stat*);

Result<std::optional<FileNode>> look(const std::string& path, StatFunction how) {
  struct stat status{};
  if (how(path.c_str(), &status) == 0) return node_of(path, status);
  if (is_absent(errno)) return std::nullopt;
  return io_error(path, errno);
}

}  // namespace

double FilesystemUsage::available_percent() const {
  return percent(available_bytes, total_bytes - free_bytes + available_bytes);
}

double FilesystemUsage::available_inode_percent() const {
  return percent(available_inodes, total_inodes);
}

std::string program_directory() {
  std::error_code failed;
  return std::filesystem::read_symlink("/proc/self/exe", failed).parent_path().string();
}

Result<FilesystemUsage> filesystem_usage(const std::string& path) {
  struct statvfs status{};
  if (::statvfs(path.c_str(), &status) != 0) return io_error(path, errno);
  const std::uint64_t block = status.f_frsize;
  return FilesystemUsage{.total_bytes = status.f_blocks * block,
                         .free_bytes = status.f_bfree * block,
                         .available_bytes = status.f_bavail * block,
                         .total_inodes = status.f_files,
                         .available_inodes = status.f_favail,
                         .read_only = (status.f_flag & ST_RDONLY) != 0};
}

Result<std::optional<FileNode>> file_node(const std::string& path) { return look(path, ::lstat); }

Result<std::optional<FileNode>> file_target(const std::string& path) { return look(path, ::stat); }

Result<std::vector<std::string>> matching_paths(const std::string& pattern) {
  const std::filesystem::path path{pattern};
  std::vector<std::string> found;
  std::error_code failed;
  std::filesystem::directory_iterator entry{path.parent_path(), failed};
  if (failed == std::errc::no_such_file_or_directory) return found;
  for (const std::filesystem::directory_iterator end; !failed && entry != end;
       entry.increment(failed)) {
    const std::string name = entry->path().filename().string();
    if (::fnmatch(path.filename().c_str(), name.c_str(), FNM_PERIOD) == 0) {
      found.push_back(entry->path().string());
    }
  }
  if (!failed) return found;
  return fail(ErrorKind::io,
              fmt::format("cannot list {}: {}", path.parent_path().string(), failed.message()));
}

}  // namespace lectio
