// The site's database as it stands: its size, its connections, whether it is whole.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "check/finding.hpp"
#include "site/site_report.hpp"

namespace lectio {

// What serves now, with libpq: it asks for no memory, locks nothing and writes nothing.
// `url`: postgresql://..., as libpq reads it. ErrorKind::config: it is none; ErrorKind::auth: it
// lets us not in. Any other error: the server's or libpq's own words, without the password.
Result<DatabaseState> look_at_postgres(const std::string& url, Clock& clock,
                                       const Deadline& deadline);

struct DatabaseLimits {
  double warning_percent = 80;  // of the connections that a user may open
  double critical_percent = 95;
  double warning_mb = 2000;
};
// Codes: database_well, database_connections, database_large, database_damaged (critical),
// database_away (critical).
Finding judge_database(const Result<DatabaseState>& state, const DatabaseLimits& limits);

// The database as the site's own code sees it. Further code: database_unknown (it could not be
// asked).
Finding judge_database(const Result<SiteReport>& report, const DatabaseLimits& limits);

// Both. That a database refuses us says nothing of it; empty: it is none that libpq can ask.
Finding judge_database(const std::optional<Result<DatabaseState>>& asked,
                       const Result<SiteReport>& report, const DatabaseLimits& limits);

// What could not be determined is a warning. Codes: migrations_none, migrations_pending,
// migrations_unknown.
Finding judge_migrations(const Result<SiteReport>& report);

}  // namespace lectio
