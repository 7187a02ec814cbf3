#include "deep_check/database_load.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include <array>
#include <charconv>
#include <memory>

#include "check/redactor.hpp"
#include "io/url.hpp"

namespace lectio {
namespace {

struct PostgresCleanup {
  void operator()(PGconn* connection) const { PQfinish(connection); }
  void operator()(PGresult* result) const { PQclear(result); }
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using Connection = std::unique_ptr<PGconn, PostgresCleanup>;
using Answer = std::unique_ptr<PGresult, PostgresCleanup>;
using Options = std::unique_ptr<PQconninfoOption, PostgresCleanup>;

constexpr const char* question =
    "SELECT pg_database_size(current_database()), "
    "(SELECT sum(numbackends) FROM pg_stat_database), "  // of every role: each may see them
    "current_setting('max_connections')::int - "
    "current_setting('superuser_reserved_connections')::int";

// "FATAL:  28P01: ..." in whatever language the server speaks: the class of its SQLSTATE.
bool is_of_class(std::string_view line, std::string_view sqlstate_class) {
  constexpr std::size_t sqlstate = 5;
  const std::size_t end = line.find(": ", line.find(":  ") + 1);
  return end != std::string_view::npos && end >= sqlstate &&
         line.substr(end - sqlstate).starts_with(sqlstate_class);
}

std::unexpected<Error> complaint(const PGconn* connection) {
  const std::string_view words = PQerrorMessage(connection);
  const std::string_view line = words.substr(0, words.find('\n'));
  return fail(is_of_class(line, "28") ? ErrorKind::auth : ErrorKind::io, Redactor{}.clean(line));
}

Result<void> wait_for(PGconn* connection, short events, const Deadline& deadline) {
  pollfd ready{PQsocket(connection), events, 0};
  const int found = ::poll(&ready, 1, static_cast<int>(deadline.left().count()));
  if (found > 0) return {};
  return fail(ErrorKind::timeout, "the database does not answer");
}

Result<void> finish_connecting(PGconn* connection, const Deadline& deadline) {
  PostgresPollingStatusType next = PGRES_POLLING_WRITING;
  while (next != PGRES_POLLING_OK) {
    if (next == PGRES_POLLING_FAILED) return complaint(connection);
    const auto ready =
        wait_for(connection, next == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline);
    if (!ready) return ready;
    next = PQconnectPoll(connection);
  }
  return {};
}

std::uint64_t number_in(const PGresult* row, int column) {
  const std::string_view text = PQgetvalue(row, 0, column);
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

Result<DatabaseState> look_at_postgres(const std::string& url, Clock& clock,
                                       const Deadline& deadline) {
  // Django's own words in the query, as conn_max_age, are none of libpq's.
  const Options understood{PQconninfoParse(url.c_str(), nullptr)};
  if (!understood) return fail(ErrorKind::config, "DATABASE_URL is none that libpq understands");
  const Deadline answer{clock, std::min(Milliseconds{10'000}, deadline.left())};
  const std::array names{"dbname", "application_name", static_cast<const char*>(nullptr)};
  const std::array values{url.c_str(), "lectio-monitor", static_cast<const char*>(nullptr)};
  const Connection connection{PQconnectStartParams(names.data(), values.data(), 1)};
  if (!connection) return fail(ErrorKind::io, "no memory for a connection to the database");
  PQsetErrorVerbosity(connection.get(), PQERRORS_VERBOSE);  // with the SQLSTATE
  if (PQstatus(connection.get()) == CONNECTION_BAD) return complaint(connection.get());
  if (auto open = finish_connecting(connection.get(), answer); !open) {
    return std::unexpected(open.error());
  }
  if (PQsendQuery(connection.get(), question) == 0) return complaint(connection.get());
  while (PQisBusy(connection.get()) != 0) {
    if (auto ready = wait_for(connection.get(), POLLIN, answer); !ready) {
      return std::unexpected(ready.error());
    }
    if (PQconsumeInput(connection.get()) == 0) return complaint(connection.get());
  }
  const Answer row{PQgetResult(connection.get())};
  if (PQresultStatus(row.get()) != PGRES_TUPLES_OK) return complaint(connection.get());
  return DatabaseState{.bytes = number_in(row.get(), 0),
                       .connections = number_in(row.get(), 1),
                       .most_connections = number_in(row.get(), 2)};
}

Finding judge_database(const Result<DatabaseState>& state, const DatabaseLimits& limits) {
  if (!state) {
    return {Outcome::critical, "database_away", Facts{}.set("reason", state.error().message)};
  }
  constexpr double megabyte = 1024.0 * 1024.0;
  const double size = static_cast<double>(state->bytes) / megabyte;
  Finding finding{Outcome::good, "database_well", {}};
  finding.facts.set("mb", static_cast<std::int64_t>(size));
  double percent = 0;
  if (state->most_connections > 0) {
    percent = 100.0 * static_cast<double>(state->connections) /
              static_cast<double>(state->most_connections);
    finding.facts.set("connections", state->connections)
        .set("most_connections", state->most_connections);
  }
  if (state->integrity_limit_mb > 0) {
    finding.facts.set("integrity_limit_mb", state->integrity_limit_mb);
  }
  if (!state->damage.empty()) {
    finding.outcome = Outcome::critical;
    finding.code = "database_damaged";
    finding.facts.set("reason", state->damage);
  } else if (percent >= limits.warning_percent) {
    finding.outcome = percent >= limits.critical_percent ? Outcome::critical : Outcome::warning;
    finding.code = "database_connections";
  } else if (size > limits.warning_mb) {
    finding.outcome = Outcome::warning;
    finding.code = "database_large";
  }
  return finding;
}

Finding judge_database(const Result<SiteReport>& report, const DatabaseLimits& limits) {
  if (!report || report->code == "deploy_import_failed" || report->code == "deploy_check_failed") {
    return {Outcome::unknown, "database_unknown",
            Facts{}.set("reason", report ? report->reason : report.error().message)};
  }
  if (!report->code.empty() && report->code != "deploy_migrations_broken") {
    return judge_database(Result<DatabaseState>{fail(ErrorKind::io, report->reason)}, limits);
  }
  return judge_database(Result<DatabaseState>{report->state}, limits);
}

Finding judge_database(const std::optional<Result<DatabaseState>>& asked,
                       const Result<SiteReport>& report, const DatabaseLimits& limits) {
  Finding finding = judge_database(report, limits);
  if (!asked || (!*asked && asked->error().kind == ErrorKind::auth)) return finding;
  // What only the site's own code can reach is no database that is away.
  const bool site_is_content =
      finding.outcome != Outcome::unknown && finding.outcome != Outcome::critical;
  return !*asked && site_is_content ? finding : judge_database(*asked, limits);
}

Finding judge_migrations(const Result<SiteReport>& report) {
  constexpr std::size_t most_named = 5;
  if (!report || !report->code.empty()) {
    return {Outcome::warning, "migrations_unknown",
            Facts{}.set("reason", report ? report->reason : report.error().message)};
  }
  std::vector<std::string> pending = report->pending;
  if (pending.empty()) return {Outcome::good, "migrations_none", {}};
  Facts facts = Facts{}.set("count", pending.size());
  if (pending.size() > most_named) pending.resize(most_named);
  facts.set("names", fmt::format("{}", fmt::join(pending, ", ")));
  return {Outcome::warning, "migrations_pending", facts};
}

}  // namespace lectio
