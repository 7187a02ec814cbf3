// Room on the file systems: bytes and inodes.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "check/finding.hpp"
#include "io/filesystem.hpp"

namespace lectio {

struct Mount {
  std::string path;
  Result<FilesystemUsage> usage;
};

struct FreeLimits {  // percent free; below warning, below critical
  double warning = 10;
  double critical = 5;
};

// The first of `paths` on each filesystem; what does not exist is left out.
std::vector<std::string> one_of_each_filesystem(const std::vector<std::string>& paths);

std::vector<Mount> look_at_mounts(const std::vector<std::string>& paths);

// The worst mount speaks; facts name all. Codes: disk_free, disk_low, disk_full,
// disk_read_only, disk_unreadable.
Finding judge_disk(const std::vector<Mount>& mounts, const FreeLimits& limits);

// Codes: inodes_free, inodes_low, inodes_exhausted, inodes_unlimited, disk_unreadable.
Finding judge_inodes(const std::vector<Mount>& mounts, const FreeLimits& limits);

}  // namespace lectio
