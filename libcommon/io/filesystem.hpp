// File systems and the metadata of what lies on them; contents are io/file.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace lectio {

struct FilesystemUsage {
  std::uint64_t total_bytes = 0;
  std::uint64_t free_bytes = 0;       // for root
  std::uint64_t available_bytes = 0;  // for everybody else
  std::uint64_t total_inodes = 0;     // 0: made as needed (btrfs), cannot run out
  std::uint64_t available_inodes = 0;
  bool read_only = false;

  // Of what an unprivileged process could ever use, as `df` counts: the reserve of
  // root is neither used nor free. 100 when there is nothing to use up.
  double available_percent() const;
  double available_inode_percent() const;
};

// Where this program lies, links resolved: the other tools are beside it. Empty: not known.
std::string program_directory();

// Errors (ErrorKind::io) name the path.
Result<FilesystemUsage> filesystem_usage(const std::string& path);

struct FileNode {
  mode_t mode = 0;  // type and permission bits
  uid_t owner = 0;
  gid_t group = 0;
  std::uint64_t size = 0;   // bytes
  std::string link_target;  // of a symbolic link
  std::string access_acl;   // system.posix_acl_access as the kernel gives it; empty: none
  dev_t device = 0;         // the filesystem that holds it
};

// Paths of what is named so: fnmatch(3), wildcards in the last part of `pattern` only. A directory
// that does not exist holds none; one that cannot be read is an error.
Result<std::vector<std::string>> matching_paths(const std::string& pattern);

// Of the path itself: a symbolic link is not followed. Empty: there is nothing.
Result<std::optional<FileNode>> file_node(const std::string& path);

// As file_node of what the path leads to, links followed.
Result<std::optional<FileNode>> file_target(const std::string& path);

}  // namespace lectio
