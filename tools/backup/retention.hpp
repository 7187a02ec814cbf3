// Which of the dumps that `backup` made go, and which stay.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "check/check.hpp"

namespace lectio {

// BACKUP_DIR/database-20261125-030000.dump, or .sqlite3; local time.
std::string backup_path(const std::string& directory, const std::string& engine, WallTime made);
// Where it grows until it is whole.
std::string partial_path(const std::string& path);

struct Retention {
  std::vector<std::string> old;      // paths of dumps that go, the newest first
  std::vector<std::string> partial;  // of runs that were killed
  std::size_t kept = 0;
};

// By the date in its name a dump is older than `days`; the newest `least` stay whatever their age.
// What is not named as ours is nobody's to remove.
Result<Retention> judge_retention(const std::string& directory, WallTime now, double days,
                                  std::size_t least);

// Where none was made, or none that can be restored, the old ones are all there is. A dump that
// nobody could try is a dump; a dry run makes none.
bool may_remove(const Findings& before);

}  // namespace lectio
