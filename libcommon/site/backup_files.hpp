// The daily backups of the database, whoever makes them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace lectio {

struct BackupFile {
  std::string path;
  // As its name says (20261125-174512 or 20261125_174512, local time); else its last change.
  WallTime made{};
  std::uint64_t bytes = 0;
  WallTime changed{};
};

// Files whose path matches one of `patterns`, wildcards in the last part of the path only; the
// newest first; a date after `now` is none. A directory that does not exist holds none; one that
// cannot be read is an error.
Result<std::vector<BackupFile>> list_backups(const std::vector<std::string>& patterns,
                                             WallTime now);

}  // namespace lectio
