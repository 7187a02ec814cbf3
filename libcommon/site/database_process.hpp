// The programs that reach a database as the site does: the site's account, its password where no
// other can read it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "io/process.hpp"
#include "site/database.hpp"

namespace lectio {

// `argv` without the directory. The password goes by the environment, which only its own account
// and root can read.
ProcessRequest postgres_process(const Database& database, const DatabaseTools& tools,
                                std::vector<std::string> argv);

// psql that ends at the first error, in that database, its words without frames: a row a line,
// columns between tabs.
ProcessRequest psql_process(const Database& database, const DatabaseTools& tools,
                            std::string script);

// A program for the site's own interpreter, whose first argument is the database's path: sqlite3
// is there, a program of SQLite may not be.
ProcessRequest sqlite_process(const Database& database, const DatabaseTools& tools,
                              std::string_view script);

// An error: it did not end well; its last words, without secrets.
Result<ProcessResult> run_for_database(const ProcessRequest& request, const Database& database,
                                       const DatabaseTools& tools, Clock& clock);

}  // namespace lectio
