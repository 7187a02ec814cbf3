#include "site/database.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include "base/split.hpp"
#include "io/file.hpp"
#include "io/process.hpp"
#include "io/tree.hpp"
#include "site/database_process.hpp"

namespace lectio {
namespace {

std::unexpected<Error> file_error(std::string_view what, const std::string& path) {
  return fail(ErrorKind::io, fmt::format("cannot {} {}: {}", what, path, std::strerror(errno)));
}

// sqlite3 of the site's own interpreter: its Python is there, a program of SQLite may not be.
// Copies come and go by the standard streams, for the account may not reach where they are kept.
// backup() itself would wait for a lock without end. Not mode=ro: what a writer that died has left
// is to be undone first.
constexpr std::string_view sqlite_dump = R"(
import os, shutil, sqlite3, sys, tempfile, urllib.parse
name = sys.argv[1]
source = sqlite3.connect("file:%s?mode=rw" % urllib.parse.quote(name), uri=True, timeout=20)
def end_if_busy(status, *_):
    if status == 5:  # SQLITE_BUSY
        sys.exit("database is locked")
if "count" in sys.argv:
    source.execute("BEGIN")
    for (table,) in source.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        rows = source.execute('SELECT count(*) FROM "%s"' % table.replace('"', '""')).fetchone()[0]
        print(table, rows, sep="\t", file=sys.stderr)
with tempfile.TemporaryDirectory(dir=os.path.dirname(name)) as place:
    path = os.path.join(place, "copy")
    copy = sqlite3.connect(path)
    source.backup(copy, progress=end_if_busy)
    source.rollback()
    found = copy.execute("PRAGMA integrity_check").fetchone()[0]
    copy.close()
    if found != "ok":
        sys.exit("integrity_check: " + found)
    with open(path, "rb") as file:
        shutil.copyfileobj(file, sys.stdout.buffer)
    sys.stdout.buffer.flush()
)";

// A copy by stdin goes to where the account may write.
constexpr std::string_view sqlite_count = R"(
import os, shutil, signal, sqlite3, sys, tempfile, urllib.parse
name = sys.argv[1]
if "copy" in sys.argv:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    place = tempfile.TemporaryDirectory()
    name = os.path.join(place.name, "copy")
    with open(name, "wb") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
base = sqlite3.connect("file:%s?mode=rw" % urllib.parse.quote(name), uri=True)
found = base.execute("PRAGMA integrity_check").fetchone()[0]
if found != "ok":
    sys.exit("integrity_check: " + found)
for (table,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
    print(table, base.execute('SELECT count(*) FROM "%s"' % table.replace('"', '""')).fetchone()[0], sep="\t")
)";

// A statement for each table whose rows a dump holds.
constexpr std::string_view count_postgres = R"(
SELECT format('SELECT %L, count(*) FROM %I.%I', n.nspname || '.' || c.relname, n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
)";

// Through SQLite itself: the database's owner, modes and locks stay right.
constexpr std::string_view sqlite_restore = R"(
import os, shutil, sqlite3, sys, tempfile
name = sys.argv[1]
def end_if_busy(status, *_):
    if status == 5:  # SQLITE_BUSY
        sys.exit("database is locked")
with tempfile.TemporaryDirectory(dir=os.path.dirname(name)) as place:
    path = os.path.join(place, "copy")
    with open(path, "wb") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
    source = sqlite3.connect(path)
    found = source.execute("PRAGMA integrity_check").fetchone()[0]
    if found != "ok":
        sys.exit("integrity_check: " + found)
    target = sqlite3.connect(name, timeout=20)
    source.backup(target, progress=end_if_busy)
    target.close()
)";

// What the site's role has in its schema, but for what an extension brought: a dump can then be
// read into the empty place, in the same transaction. Whoever holds a table meanwhile is not waited
// for long: the site stands still.
constexpr std::string_view clear_schema = R"(SET lock_timeout = '20s';
DO $$
DECLARE found record;
BEGIN
  FOR found IN
    SELECT format('%I.%I', n.nspname, c.relname) AS name,
           CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
                          WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END AS kind
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
      AND pg_has_role(c.relowner, 'USAGE')
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('e', 'i', 'a'))
  LOOP
    EXECUTE format('DROP %s IF EXISTS %s CASCADE', found.kind, found.name);
  END LOOP;
  FOR found IN
    SELECT p.oid::regprocedure::text AS name FROM pg_proc p
    WHERE p.pronamespace = current_schema()::regnamespace AND pg_has_role(p.proowner, 'USAGE')
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
  LOOP
    EXECUTE format('DROP ROUTINE IF EXISTS %s CASCADE', found.name);
  END LOOP;
  FOR found IN
    SELECT format('%I.%I', n.nspname, t.typname) AS name
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE n.nspname = current_schema() AND t.typtype IN ('e', 'd') AND pg_has_role(t.typowner, 'USAGE')
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = t.oid AND d.deptype = 'e')
  LOOP
    EXECUTE format('DROP TYPE IF EXISTS %s CASCADE', found.name);
  END LOOP;
END $$;
)";

// A line each, "name<TAB>rows".
RowCounts parse_rows(const std::string& lines) {
  RowCounts rows;
  for (const std::string& line : split(lines, "\n")) {
    const std::size_t tab = line.rfind('\t');
    std::uint64_t number = 0;
    if (tab == std::string::npos) continue;
    const auto [end, error] =
        std::from_chars(line.data() + tab + 1, line.data() + line.size(), number);
    if (error == std::errc{} && end == line.data() + line.size())
      rows[line.substr(0, tab)] = number;
  }
  return rows;
}

Result<void> run(const ProcessRequest& request, const Database& database,
                 const DatabaseTools& tools, Clock& clock) {
  const auto result = run_for_database(request, database, tools, clock);
  if (!result) return std::unexpected(result.error());
  return {};
}

Result<void> dump_to(const Fd& file, const Database& database, const DatabaseTools& tools,
                     Clock& clock) {
  ProcessRequest request =
      database.engine == "sqlite"
          ? sqlite_process(database, tools, sqlite_dump)
          : postgres_process(database, tools, {"pg_dump", "--format=custom", "--no-password"});
  request.output_fd = file.get();
  return run(request, database, tools, clock);
}

// Of the moment of the dump: both see the same snapshot, or the same transaction of SQLite.
Result<RowCounts> dump_and_count_to(const Fd& file, const Database& database,
                                    const DatabaseTools& tools, Clock& clock) {
  constexpr std::string_view done = "the dump is whole";
  ProcessRequest request;
  if (database.engine == "sqlite") {
    request = sqlite_process(database, tools, sqlite_dump);
    request.argv.emplace_back("count");
  } else {
    // psql holds the snapshot while its child dumps it to the stdout that both share; what psql
    // itself finds goes to stderr.
    request = psql_process(
        database, tools,
        fmt::format("\\o |exec cat >&2\n"
                    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;\n"
                    "SELECT pg_export_snapshot() AS snapshot \\gset\n"
                    "{} \\gexec\n"
                    "\\o\n"
                    "\\setenv LECTIO_SNAPSHOT :snapshot\n"
                    "\\! exec </dev/null; /usr/bin/pg_dump --format=custom --no-password "
                    "--snapshot=\"$LECTIO_SNAPSHOT\" && echo '{}' >&2\n",
                    count_postgres, done));
    request.max_output = std::size_t{4} << 20U;
  }
  request.output_fd = file.get();
  const auto result = run_for_database(request, database, tools, clock);
  if (!result) return std::unexpected(result.error());
  if (database.engine == "postgresql" && !result->errors.ends_with(fmt::format("{}\n", done))) {
    const SiteCensor censor{tools.site, {database.password}};
    return fail(ErrorKind::io, censor.pass_last_line(result->errors, result->errors_cut));
  }
  return parse_rows(result->errors);
}

// pg_restore reads its list to the end; SQLite's copy was looked at before it came.
Result<void> prove_dump(const std::string& path, const Database& database,
                        const DatabaseTools& tools, Clock& clock) {
  if (database.engine == "sqlite") return {};
  const Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file) return file_error("open", path);
  ProcessRequest request = postgres_process(database, tools, {"pg_restore", "--list"});
  request.input_fd = file.get();
  return run(request, database, tools, clock);
}

// What `write` leaves in a new file at `path`, on disk and proven.
template <class Write>
auto dump_as(const Database& database, const DatabaseTools& tools, const std::string& path,
             Clock& clock, const Write& write) -> decltype(write(std::declval<const Fd&>())) {
  if (database.engine != "sqlite" && database.engine != "postgresql") {
    return fail(ErrorKind::config,
                fmt::format("a {} database cannot be dumped here: back it up by hand and apply the "
                            "migrations before the deploy",
                            database.engine));
  }
  const Fd file{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
  if (!file) return file_error("make", path);
  auto dumped = write(file);
  Result<void> kept;
  if (!dumped) {
    kept = std::unexpected(dumped.error());
  } else if (::fsync(file.get()) != 0) {
    kept = file_error("write", path);
  } else {
    kept = prove_dump(path, database, tools, clock);
  }
  if (kept) return dumped;
  ::unlink(path.c_str());
  return std::unexpected(kept.error());
}

// The dump as SQL, after the statements that make room for it.
Result<void> restore_postgres(const Fd& dump, const Database& database, const DatabaseTools& tools,
                              const std::string& path, Clock& clock) {
  const std::string script_path = path + ".sql";
  const Fd script{::open(script_path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
  if (!script) return file_error("make", script_path);
  ::unlink(script_path.c_str());
  if (::write(script.get(), clear_schema.data(), clear_schema.size()) !=
      static_cast<ssize_t>(clear_schema.size())) {
    return file_error("write", script_path);
  }
  ProcessRequest to_sql =
      postgres_process(database, tools, {"pg_restore", "--file=-", "--no-owner", "--no-comments"});
  to_sql.input_fd = dump.get();
  to_sql.output_fd = script.get();
  if (auto done = run(to_sql, database, tools, clock); !done) return done;
  if (::lseek(script.get(), 0, SEEK_SET) != 0) return file_error("read", script_path);
  ProcessRequest psql =
      postgres_process(database, tools,
                       {"psql", "--no-psqlrc", "--quiet", "--no-password", "--single-transaction",
                        "--set=ON_ERROR_STOP=1", "--output=/dev/null"});
  psql.input_fd = script.get();
  return run(psql, database, tools, clock);
}

}  // namespace

Result<void> dump_database(const Database& database, const DatabaseTools& tools,
                           const std::string& path, Clock& clock) {
  return dump_as(database, tools, path, clock,
                 [&](const Fd& file) { return dump_to(file, database, tools, clock); });
}

Result<RowCounts> dump_and_count(const Database& database, const DatabaseTools& tools,
                                 const std::string& path, Clock& clock) {
  return dump_as(database, tools, path, clock,
                 [&](const Fd& file) { return dump_and_count_to(file, database, tools, clock); });
}

Result<RowCounts> count_rows(const Database& database, const DatabaseTools& tools, Clock& clock) {
  const ProcessRequest request =
      database.engine == "sqlite"
          ? sqlite_process(database, tools, sqlite_count)
          : psql_process(database, tools, fmt::format("{} \\gexec\n", count_postgres));
  const auto result = run_for_database(request, database, tools, clock);
  if (!result) return std::unexpected(result.error());
  return parse_rows(result->output);
}

Result<RowCounts> count_rows_of_copy(const Database& database, const DatabaseTools& tools,
                                     const Fd& copy, Clock& clock) {
  ProcessRequest request = sqlite_process(database, tools, sqlite_count);
  request.argv.emplace_back("copy");
  request.input_fd = copy.get();
  const auto result = run_for_database(request, database, tools, clock);
  if (!result) return std::unexpected(result.error());
  return parse_rows(result->output);
}

Result<void> restore_database(const Database& database, const DatabaseTools& tools,
                              const std::string& path, Clock& clock) {
  const Fd dump{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!dump) return file_error("open", path);
  if (database.engine == "postgresql") {
    return restore_postgres(dump, database, tools, path, clock);
  }
  if (database.engine != "sqlite") {
    return fail(ErrorKind::config,
                fmt::format("a {} database cannot be restored here", database.engine));
  }
  ProcessRequest request = sqlite_process(database, tools, sqlite_restore);
  request.input_fd = dump.get();
  return run(request, database, tools, clock);
}

}  // namespace lectio
