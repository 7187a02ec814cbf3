// The site's database: dumped before migrations, and brought back on a person's word.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "io/file.hpp"
#include "site/site_process.hpp"

namespace lectio {

// As Django's settings name it.
struct Database {
  std::string engine = {};  // "postgresql", "sqlite", another: it cannot be dumped
  std::string name = {};    // sqlite: the path
  std::string user = {};
  std::string password = {};
  std::string host = {};
  std::string port = {};
  std::uint64_t bytes = 0;
};

// As it stands.
struct DatabaseState {
  std::uint64_t bytes = 0;
  std::uint64_t connections = 0;
  std::uint64_t most_connections = 0;    // for those who are no superuser; 0: there is no limit
  std::string damage = {};               // SQLite's first complaint; empty: whole, or not looked at
  std::uint64_t integrity_limit_mb = 0;  // SQLite's file is larger, and was not looked at
};

// The site's account and interpreter: PostgreSQL may know it by its name.
struct DatabaseTools {
  SiteProcess site;
  std::string python;
};

// To `path`, which must not exist, readable by us alone, on disk, and proven: pg_restore can list
// it, SQLite finds it whole. An error leaves nothing there.
Result<void> dump_database(const Database& database, const DatabaseTools& tools,
                           const std::string& path, Clock& clock);

// By table: of every one that a dump holds.
using RowCounts = std::map<std::string, std::uint64_t, std::less<>>;

// The same, and how many rows the dump holds: counted in the snapshot that was dumped.
Result<RowCounts> dump_and_count(const Database& database, const DatabaseTools& tools,
                                 const std::string& path, Clock& clock);

// As it stands. SQLite's is also proven to be whole.
Result<RowCounts> count_rows(const Database& database, const DatabaseTools& tools, Clock& clock);

// Of a dump of SQLite, which is the database itself; `copy` is read to its end.
Result<RowCounts> count_rows_of_copy(const Database& database, const DatabaseTools& tools,
                                     const Fd& copy, Clock& clock);

// In one transaction: what the dump holds in the place of everything that the site's tables hold
// now. Nobody may be writing: the backend is stopped. An error leaves the database as it was.
Result<void> restore_database(const Database& database, const DatabaseTools& tools,
                              const std::string& path, Clock& clock);

}  // namespace lectio
