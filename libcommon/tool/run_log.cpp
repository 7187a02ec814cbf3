#include "tool/run_log.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <filesystem>

#include "io/file.hpp"
#include "io/local_time.hpp"
#include "report/log.hpp"

namespace lectio {
namespace {

// Enough for the last run's lines.
constexpr std::size_t last_bytes{16384};

// For its owner and a group, which the umask would take away.
Result<void> make_log_directory(const std::string& directory) {
  std::error_code failed;
  if (std::filesystem::exists(directory, failed)) return {};
  auto made = make_directory(directory);
  if (made) ::chmod(directory.c_str(), 0750);
  return made;
}

}  // namespace

Result<void> log_run(const Config& config, const Report& report, int checks, bool is_whole) {
  const std::string directory = config.text("LOG_DIR");
  const std::string path = fmt::format("{}/{}.log", directory, report.tool);
  Redactor redactor;
  for (const std::string& secret : config.secrets()) redactor.add_secret(secret);
  LogStyle style{.time = to_local_rfc3339(report.started),
                 .was_well = true,
                 .is_whole = is_whole,
                 .checks = checks,
                 .redactor = redactor};
  if (report.status == Status::ok) {
    const auto end = read_end_of_file(path, last_bytes);
    style.was_well = !end || log_ends_well(*end);
  }
  const std::string text = to_log(report, style);
  if (text.empty()) return {};
  auto written = make_log_directory(directory);
  if (written) written = append_to_file(path, text, 0640);
  if (written) return {};
  return fail(ErrorKind::io, fmt::format("not logged: {}: see LOG_DIR in {}",
                                         written.error().message, config.path()));
}

}  // namespace lectio
