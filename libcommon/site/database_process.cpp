#include "site/database_process.hpp"

#include <fmt/format.h>

#include <utility>

namespace lectio {
namespace {

constexpr Milliseconds longest_work{std::chrono::minutes{30}};

}  // namespace

ProcessRequest postgres_process(const Database& database, const DatabaseTools& tools,
                                std::vector<std::string> argv) {
  argv.front() = "/usr/bin/" + argv.front();
  ProcessRequest request = as_site(tools.site, std::move(argv), "/");
  const auto put = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) request.environment.push_back(fmt::format("{}={}", name, value));
  };
  put("PGHOST", database.host);
  put("PGPORT", database.port);
  put("PGUSER", database.user);
  put("PGPASSWORD", database.password);
  put("PGDATABASE", database.name);
  put("PGCONNECT_TIMEOUT", "10");
  request.timeout = longest_work;
  return request;
}

ProcessRequest psql_process(const Database& database, const DatabaseTools& tools,
                            std::string script) {
  ProcessRequest request =
      postgres_process(database, tools,
                       {"psql", "--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1",
                        "--no-align", "--tuples-only", "--field-separator=\t"});
  request.input = std::move(script);
  return request;
}

ProcessRequest sqlite_process(const Database& database, const DatabaseTools& tools,
                              std::string_view script) {
  ProcessRequest request =
      as_site(tools.site, {tools.python, "-c", std::string{script}, database.name}, "/");
  request.timeout = longest_work;
  return request;
}

Result<ProcessResult> run_for_database(const ProcessRequest& request, const Database& database,
                                       const DatabaseTools& tools, Clock& clock) {
  auto result = run_process(request, clock);
  if (!result || result->ok()) return result;
  const SiteCensor censor{tools.site, {database.password}};
  return fail(
      ErrorKind::io,
      fmt::format("{}: {}", request.argv.front(),
                  result->timed_out ? "took too long"
                                    : censor.pass_last_line(result->errors, result->errors_cut)));
}

}  // namespace lectio
