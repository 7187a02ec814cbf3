// Logs that nobody has written for a while, and nobody holds open.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "io/procfs.hpp"

namespace lectio {

struct OldLog {
  std::string path;
  std::uint64_t bytes = 0;
};

// An error names the pattern whose last part names no log, or that is no absolute path.
Result<void> accept_log_patterns(const std::vector<std::string>& patterns);

// Files that match (see matching_paths), last written before `before`. Not links, and not what a
// process has open.
Result<std::vector<OldLog>> find_old_logs(const std::vector<std::string>& patterns, WallTime before,
                                          const Procfs& procfs);

// No link is followed on the way, for the directory may be another account's. One that has gone, or
// was written meanwhile, is left.
Result<void> remove_log(const OldLog& log, WallTime before);

}  // namespace lectio
