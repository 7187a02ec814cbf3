#include "site/site_report.hpp"

#include <fmt/format.h>

#include "io/json_fields.hpp"
#include "io/process.hpp"

namespace lectio {

namespace embedded {
extern const std::string_view site_report_py;
}  // namespace embedded

struct ReportRequest {
  std::string path;
  bool closely = false;
};

template <class Fields>
void describe(Fields& fields, ReportRequest& request) {
  fields("path", request.path);
  fields("closely", request.closely);
}

template <class Fields>
void describe(Fields& fields, SiteReport& report) {
  fields("code", report.code);
  fields("reason", report.reason);
  fields("engine", report.database.engine);
  fields("name", report.database.name);
  fields("user", report.database.user);
  fields("password", report.database.password);
  fields("host", report.database.host);
  fields("port", report.database.port);
  fields("bytes", report.database.bytes);
  fields("connections", report.state.connections);
  fields("most_connections", report.state.most_connections);
  fields("damage", report.state.damage);
  fields("integrity_limit_mb", report.state.integrity_limit_mb);
  fields("static", report.static_root);
  fields("pending", report.pending);
  fields("secrets", report.secrets);
}

Result<SiteReport> ask_site(const SiteProcess& site, const std::string& python,
                            const std::string& django_dir, Clock& clock, DatabaseLook look,
                            Milliseconds timeout) {
  constexpr std::string_view mark = "\nLECTIO-REPORT ";
  ProcessRequest request =
      as_site_python(site, python, django_dir, embedded::site_report_py,
                     to_json_fields(ReportRequest{django_dir, look == DatabaseLook::closely}));
  request.timeout = timeout;
  const auto result = run_process(request, clock);
  if (!result) return std::unexpected(result.error());
  const std::size_t found = result->output.rfind(mark);
  if (found == std::string::npos || !result->ok()) {
    const SiteCensor censor{site, {}};
    return fail(ErrorKind::io,
                fmt::format("{} in {} {}: {}", python, django_dir,
                            result->timed_out ? "took too long" : "ended without an answer",
                            censor.pass_last_line(result->errors, result->errors_cut)));
  }
  const std::size_t start = found + mark.size();
  auto report = parse_json_fields<SiteReport>(
      std::string_view{result->output}.substr(start, result->output.find('\n', start) - start));
  if (report) report->state.bytes = report->database.bytes;
  return report;
}

}  // namespace lectio
