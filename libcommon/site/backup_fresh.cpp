#include "site/backup_fresh.hpp"

#include <algorithm>

namespace lectio {
namespace {

constexpr std::chrono::minutes longest_writing{15};
constexpr std::size_t most_compared = 8;

}  // namespace

CheckInfo backup_fresh_check() {
  return {.id = "backup_fresh",
          .severity = Severity::high,
          .explained_by = {"backup", "disk"},
          .confirm_runs = 1};
}

Finding judge_backups(const Result<std::vector<BackupFile>>& files, WallTime now,
                      Milliseconds oldest) {
  if (!files) {
    return {Outcome::unknown, "backup_unreadable", Facts{}.set("error", files.error().message)};
  }
  if (files->empty()) return {Outcome::warning, "backup_none", {}, Severity::medium};
  const BackupFile& newest = files->front();
  const auto age = std::chrono::duration_cast<Milliseconds>(now - newest.made);
  Finding finding{Outcome::good, "backup_new", {}};
  finding.facts.set("path", newest.path)
      .set("hours", std::chrono::duration_cast<std::chrono::hours>(age).count())
      .set("made_unix", std::chrono::system_clock::to_time_t(newest.made))
      .set("kb", newest.bytes >> 10U)
      .set("count", files->size());
  if (age > oldest) {
    finding.outcome = age > 3 * oldest ? Outcome::critical : Outcome::warning;
    finding.code = "backup_old";
    return finding;
  }
  // The largest of a week: one that failed yesterday too is no measure.
  std::uint64_t before = 0;
  for (std::size_t i = 1; i < std::min(files->size(), most_compared); ++i) {
    before = std::max(before, (*files)[i].bytes);
  }
  const bool is_being_written = now - newest.changed < longest_writing;
  if (!is_being_written && (newest.bytes == 0 || newest.bytes < before / 2)) {
    finding.outcome = Outcome::warning;
    finding.code = "backup_shrunk";
    finding.facts.set("before_kb", before >> 10U);
  }
  return finding;
}

Finding probe_backups(const Config& config, WallTime now) {
  const std::chrono::duration<double, std::ratio<3600>> oldest{
      config.number("BACKUP_MAX_AGE_HOURS")};
  const auto judge = [&](const std::vector<std::string>& patterns) {
    return judge_backups(list_backups(patterns, now), now,
                         std::chrono::duration_cast<Milliseconds>(oldest));
  };
  const std::vector<std::string> patterns = config.list("BACKUP_FILES");
  if (patterns.empty()) {
    return judge(
        {config.text("BACKUP_DIR") + "/database-*", "/var/backups/teaching_panel/*_backup_*"});
  }
  Finding worst;
  for (const std::string& pattern : patterns) {
    Finding finding = judge({pattern});
    if (worst.code.empty() || finding.outcome > worst.outcome) worst = std::move(finding);
  }
  return worst;
}

}  // namespace lectio
