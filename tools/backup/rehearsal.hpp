// A dump is a backup once it was restored: into a database of its own, beside the site's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "site/database.hpp"

namespace lectio {

// Named after the site's database: what a run that was killed has left is found and dropped by the
// next one.
std::string scratch_name(const std::string& database);

// How many rows the dump at `path` has when it is restored as the site's own role, into a database
// that is then dropped. Where the role may not make one, the account postgres of this machine
// does. ErrorKind::auth: none could be made. Any other error: the dump cannot be restored.
Result<RowCounts> rehearse_restore(const Database& database, const DatabaseTools& tools,
                                   const std::string& path, Clock& clock);

// A table of which another number of rows came back; one that did not come back has none.
struct RowDifference {
  std::string table;
  std::uint64_t dumped = 0;
  std::uint64_t restored = 0;
};
std::optional<RowDifference> first_difference(const RowCounts& dumped, const RowCounts& restored);

}  // namespace lectio
