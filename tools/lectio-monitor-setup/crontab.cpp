#include "lectio-monitor-setup/crontab.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>

#include "io/file.hpp"
#include "io/filesystem.hpp"
#include "io/process.hpp"
#include "io/user.hpp"
#include "site/backup_files.hpp"

namespace lectio {
namespace {

constexpr auto crontab_program = "/usr/bin/crontab";
constexpr std::size_t largest_crontab = std::size_t{1} << 20U;

ProcessRequest crontab_request(std::vector<std::string> arguments) {
  std::vector<std::string> argv{crontab_program, "-u", "root"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return {.argv = std::move(argv),
          .environment = {"PATH=/usr/bin:/bin", "LC_ALL=C"},
          .timeout = std::chrono::seconds{20},
          .max_output = largest_crontab};
}

// cron.d ignores files with other names.
std::string cron_name(const std::string& instance) {
  std::string name = "lectio-monitor";
  if (!instance.empty()) name += "-" + instance;
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_') c = '-';
  }
  return name;
}

}  // namespace

Installation installation(const Config& config) {
  return {.bin_dir = program_directory(),
          .config_path = whole_path(config.path()),
          .cron_file = "/etc/cron.d/" + cron_name(config.text("INSTANCE"))};
}

Result<std::string> read_root_crontab(Clock& clock) {
  if (!we_are_root()) return fail(ErrorKind::io, "only root can read root's crontab");
  auto listed = run_process(crontab_request({"-l"}), clock);
  if (!listed) return std::unexpected(listed.error());
  if (listed->ok() && !listed->output_cut) return std::move(listed->output);
  if (listed->errors.find("no crontab for") != std::string::npos) return std::string{};
  return fail(ErrorKind::io, fmt::format("crontab -l: {}", listed->errors));
}

Result<void> write_root_crontab(const std::string& text, Clock& clock) {
  ProcessRequest request = crontab_request({"-"});
  request.input = text;
  const auto written = run_process(request, clock);
  if (!written) return std::unexpected(written.error());
  if (written->ok()) return {};
  return fail(ErrorKind::io, fmt::format("crontab -: {}", written->errors));
}

std::string whole_path(const std::string& path) {
  return std::filesystem::absolute(path).lexically_normal().string();
}

bool has_backup(const Config& config, WallTime now) {
  const auto backups = list_backups({config.text("BACKUP_DIR") + "/database-*"}, now);
  return backups && !backups->empty();
}

IsOurs old_suite(const Config& config, WallTime now) {
  return [homes = std::array{std::string{default_bin_dir}, installation(config).bin_dir,
                             config.text("PROJECT_ROOT")},
          replaces_backup = has_backup(config, now)](const std::string& path) {
    if (path.ends_with("/backup_db.sh") && !replaces_backup) return false;
    const bool is_at_home = std::ranges::any_of(
        homes, [&](const std::string& home) { return path.starts_with(home + "/"); });
    std::error_code failed;
    return is_at_home || !std::filesystem::exists(path, failed);
  };
}

Result<Schedule> read_schedule(const Installation& installation, Clock& clock) {
  Schedule schedule;
  auto file = read_file_if_any(installation.cron_file, largest_crontab);
  if (!file) return std::unexpected(file.error());
  if (*file) schedule.cron_file = std::move(**file);
  auto crontab = read_root_crontab(clock);
  if (!crontab) return std::unexpected(crontab.error());
  schedule.crontab = std::move(*crontab);
  schedule.scheduled = scheduled_tools(schedule.cron_file, installation.bin_dir);
  // Lines there run with the configuration that is the default.
  if (installation.config_path == default_config_path) {
    schedule.scheduled.merge(scheduled_tools(schedule.crontab, installation.bin_dir));
  }
  return schedule;
}

}  // namespace lectio
