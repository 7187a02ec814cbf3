#include "backup/rehearsal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "io/file.hpp"
#include "io/process.hpp"
#include "site/database_process.hpp"

namespace lectio {
namespace {

constexpr std::size_t longest_name = 63;  // bytes that PostgreSQL keeps of one

Result<Fd> open_dump(const std::string& path) {
  Fd dump{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (dump) return dump;
  return fail(ErrorKind::io, fmt::format("cannot open {}: {}", path, std::strerror(errno)));
}

// As a word in single quotes.
std::string quoted(const std::string& text) {
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? "''" : std::string(1, c);
  return word + "'";
}

class Scratch {
 public:
  Scratch(const Database& database, const DatabaseTools& tools, Clock& clock)
      : site_(database), tools_(tools), clock_(clock), scratch_(database) {
    scratch_.name = scratch_name(database.name);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    if (!made_) return;
    [[maybe_unused]] const auto dropped = drop();  // if not, the next run does it
  }

  Result<void> make() {
    if (auto dropped = drop(); !dropped) return dropped;
    // Asked for, not tried: the refusal would be in the server's language.
    const auto may = ask(site_, tools_,
                         "SELECT rolcreatedb OR rolsuper FROM pg_roles "
                         "WHERE rolname = current_user;\n");
    if (!may) return std::unexpected(may.error());
    const bool as_superuser = *may != "t\n" && is_here();
    const auto made = as_superuser ? create(superuser(site_), superuser_tools(), role())
                                   : create(site_, tools_, "");
    if (!made) return made;
    made_ = true;
    return add_extensions();
  }

  Result<RowCounts> fill(const Fd& dump) const {
    ProcessRequest restore =
        postgres_process(scratch_, tools_,
                         {"pg_restore", "--dbname=" + scratch_.name, "--no-owner",
                          "--no-privileges", "--no-comments", "--exit-on-error", "--no-password"});
    restore.input_fd = dump.get();
    if (auto restored = run_for_database(restore, scratch_, tools_, clock_); !restored) {
      return std::unexpected(restored.error());
    }
    return count_rows(scratch_, tools_, clock_);
  }

 private:
  Result<std::string> ask(const Database& database, const DatabaseTools& tools,
                          std::string script) const {
    auto result =
        run_for_database(psql_process(database, tools, std::move(script)), database, tools, clock_);
    if (!result) return std::unexpected(result.error());
    return std::move(result->output);
  }

  Result<void> drop() const {
    const auto dropped = ask(site_, tools_,
                             fmt::format("SELECT format('DROP DATABASE IF EXISTS %I', "
                                         "{}) \\gexec\n",
                                         quoted(scratch_.name)));
    if (!dropped) return std::unexpected(dropped.error());
    return {};
  }

  // Sorted and encoded as the site's own.
  Result<void> create(const Database& database, const DatabaseTools& tools,
                      const std::string& owner) const {
    const auto created = ask(
        database, tools,
        fmt::format("SELECT format('CREATE DATABASE %I TEMPLATE template0 ENCODING %L "
                    "LC_COLLATE %L LC_CTYPE %L', {}, pg_encoding_to_char(encoding), "
                    "datcollate, datctype) || {} "
                    "FROM pg_database WHERE datname = current_database() \\gexec\n",
                    quoted(scratch_.name),
                    owner.empty() ? "''" : fmt::format("format(' OWNER %I', {})", quoted(owner))));
    if (!created) return std::unexpected(created.error());
    return {};
  }

  // Those that only a superuser may bring, as far as there is one here: pg_restore tells of the
  // others.
  Result<void> add_extensions() const {
    const auto names = ask(site_, tools_,
                           "SELECT format('CREATE EXTENSION IF NOT EXISTS %I;', extname) "
                           "FROM pg_extension WHERE extname <> 'plpgsql';\n");
    if (!names) return std::unexpected(names.error());
    if (!names->empty() && is_here()) {
      [[maybe_unused]] const auto added = ask(superuser(scratch_), superuser_tools(), *names);
    }
    return {};
  }

  // On this machine, where the account postgres reaches it by its socket.
  bool is_here() const {
    constexpr std::array<std::string_view, 4> local{"", "localhost", "127.0.0.1", "::1"};
    return std::ranges::find(local, site_.host) != local.end() || site_.host.starts_with('/');
  }
  static Database superuser(Database database) {
    database.user.clear();
    database.password.clear();
    if (!database.host.starts_with('/')) database.host.clear();
    return database;
  }
  static DatabaseTools superuser_tools() {
    return {.site = {.user = "postgres", .environment = {}}, .python = {}};
  }
  std::string role() const { return site_.user.empty() ? tools_.site.user : site_.user; }

  const Database& site_;
  const DatabaseTools& tools_;
  Clock& clock_;
  Database scratch_;
  bool made_ = false;
};

}  // namespace

std::string scratch_name(const std::string& database) {
  return ("lectio_backup_check_" + database).substr(0, longest_name);
}

Result<RowCounts> rehearse_restore(const Database& database, const DatabaseTools& tools,
                                   const std::string& path, Clock& clock) {
  const auto dump = open_dump(path);
  if (!dump) return std::unexpected(dump.error());
  if (database.engine == "sqlite") return count_rows_of_copy(database, tools, *dump, clock);
  Scratch scratch{database, tools, clock};
  if (auto made = scratch.make(); !made) return fail(ErrorKind::auth, made.error().message);
  return scratch.fill(*dump);
}

std::optional<RowDifference> first_difference(const RowCounts& dumped, const RowCounts& restored) {
  for (const auto& [table, rows] : dumped) {
    const auto found = restored.find(table);
    if (found == restored.end()) return RowDifference{table, rows, 0};
    if (found->second != rows) return RowDifference{table, rows, found->second};
  }
  return std::nullopt;
}

}  // namespace lectio
