#include "deep_check/backup_fresh.hpp"

namespace lectio {
namespace {

constexpr std::chrono::minutes longest_writing{15};

}  // namespace

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
      .set("kb", newest.bytes >> 10U)
      .set("count", files->size());
  if (age > oldest) {
    finding.outcome = age > 3 * oldest ? Outcome::critical : Outcome::warning;
    finding.code = "backup_old";
    return finding;
  }
  const std::uint64_t before = files->size() > 1 ? (*files)[1].bytes : 0;
  const bool is_being_written = now - newest.changed < longest_writing;
  if (!is_being_written && (newest.bytes == 0 || newest.bytes < before / 2)) {
    finding.outcome = Outcome::warning;
    finding.code = "backup_shrunk";
    finding.facts.set("before_kb", before >> 10U);
  }
  return finding;
}

}  // namespace lectio
