#include "backup/backup_checks.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

#include "backup/database_url.hpp"
#include "backup/rehearsal.hpp"
#include "backup/retention.hpp"
#include "check/check.hpp"
#include "io/file.hpp"
#include "io/filesystem.hpp"
#include "io/tree.hpp"
#include "site/database.hpp"
#include "site/deploy_marker.hpp"
#include "site/site_process.hpp"
#include "site/site_report.hpp"
#include "tool/alerting.hpp"

namespace lectio {
namespace {

constexpr Milliseconds longest_deploy{std::chrono::minutes{30}};
constexpr Milliseconds between_looks_at_deploy{5000};
constexpr std::uint64_t spare_bytes = std::uint64_t{64} << 20U;
// Where PostgreSQL keeps its data on Debian: a restored database takes as much as the site's.
constexpr const char* postgres_data = "/var/lib/postgresql";

Finding failed(std::string code, const std::string& reason) {
  return {Outcome::bad, std::move(code), Facts{}.set("reason", reason)};
}

std::uint64_t sum(const RowCounts& rows) {
  return std::accumulate(rows.begin(), rows.end(), std::uint64_t{0},
                         [](std::uint64_t all, const auto& table) { return all + table.second; });
}

class Backup {
 public:
  explicit Backup(Run& run)
      : run_(run), config_(run.config), directory_(run.config.text("BACKUP_DIR")) {}

  Finding make() {
    if (!deploy_is_over()) return {Outcome::warning, "backup_deploy", {}};
    if (auto found = find_database(); !found) {
      return failed("backup_failed", found.error().message);
    }
    path_ = backup_path(directory_, database_.engine, run_.clock.wall());
    if (run_.dry_run == DryRun::on) {
      return {Outcome::skipped, "backup_would", Facts{}.set("path", path_)};
    }
    auto ready = make_directory(directory_);
    if (ready) ready = remove_partial();
    if (!ready) return failed("backup_failed", ready.error().message);
    if (auto no_room = judge_room(directory_, database_.bytes)) return *no_room;
    const auto dumped = dump();
    if (!dumped) return failed("backup_failed", dumped.error().message);
    rows_ = *dumped;
    const auto size = file_node(path_);
    const std::uint64_t bytes = size && *size ? (*size)->size : 0;
    return {Outcome::good, "backup_made",
            Facts{}
                .set("path", path_)
                .set("kb", bytes / 1024)
                .set("tables", rows_.size())
                .set("rows", sum(rows_))};
  }

  Finding rehearse() const {
    if (database_.engine == "postgresql" && filesystem_usage(postgres_data)) {
      if (auto no_room = judge_room(postgres_data, database_.bytes * 2)) {
        no_room->outcome = Outcome::warning;
        return *no_room;
      }
    }
    const auto restored = rehearse_restore(database_, tools_, path_, run_.clock);
    if (!restored && restored.error().kind == ErrorKind::auth) {
      return {Outcome::warning, "backup_restore_denied",
              Facts{}
                  .set("role", database_.user.empty() ? tools_.site.user : database_.user)
                  .set("reason", restored.error().message)};
    }
    if (!restored) return failed("backup_restore_failed", restored.error().message);
    if (const auto lost = first_difference(rows_, *restored)) {
      return {
          Outcome::bad, "backup_rows_differ",
          Facts{}.set("table", lost->table).set("rows", lost->dumped).set("found", lost->restored)};
    }
    return {Outcome::good, "backup_restored",
            Facts{}.set("tables", restored->size()).set("rows", sum(*restored))};
  }

  Finding tidy(const Findings& before) const {
    if (!may_remove(before)) return {Outcome::skipped, "backup_none_removed", {}};
    const auto retention =
        judge_retention(directory_, run_.clock.wall(), config_.number("BACKUP_RETENTION_DAYS"),
                        static_cast<std::size_t>(config_.integer("BACKUP_KEEP")));
    if (!retention) return failed("backup_not_removed", retention.error().message);
    for (const std::string& path : retention->old) {
      if (run_.dry_run == DryRun::on) {
        run_.notes.push_back(
            alert_phrase(config_, "deploy_would_remove", Facts{}.set("release", path)));
      } else if (auto removed = remove(path); !removed) {
        return failed("backup_not_removed", removed.error().message);
      }
    }
    return {Outcome::good, "backup_removed",
            Facts{}.set("removed", retention->old.size()).set("kept", retention->kept)};
  }

 private:
  // Its migrations would wait for the dump to end.
  bool deploy_is_over() const {
    const Deadline patience{run_.clock, std::min(longest_deploy, run_.deadline.left())};
    while (true) {
      const auto deploy = active_deploy(config_.text("RUN_DIR"),
                                        config_.seconds("DEPLOY_GRACE_PERIOD"), run_.clock);
      if (!deploy || !*deploy) return true;
      if (patience.passed()) return false;
      run_.clock.sleep(between_looks_at_deploy);
    }
  }

  // As the site's settings name it; where its code does not even load, as its environment does.
  Result<void> find_database() {
    const SiteProcess site = site_process(config_, run_.systemd);
    const std::string python = config_.text("VENV_DIR") + "/bin/python";
    auto report = ask_site(site, python, config_.text("DJANGO_DIR"), run_.clock);
    tools_ = {.site = site, .python = python};
    const bool is_there =
        report && (report->code.empty() || report->code == "deploy_migrations_broken");
    if (is_there && !report->database.engine.empty()) {
      database_ = std::move(report->database);
      return {};
    }
    if (const auto url = site.environment.find("DATABASE_URL"); url != site.environment.end()) {
      if (auto named = database_of_url(url->second)) {
        database_ = std::move(*named);
        return {};
      }
    }
    if (!report) return std::unexpected(report.error());
    std::vector<std::string> secrets = std::move(report->secrets);
    secrets.push_back(report->database.password);
    return fail(ErrorKind::config, SiteCensor{site, secrets}.pass(report->reason));
  }

  static std::optional<Finding> judge_room(const std::string& place, std::uint64_t bytes) {
    const auto room = filesystem_usage(place);
    if (!room) return failed("backup_failed", room.error().message);
    const std::uint64_t wanted = bytes + spare_bytes;
    if (room->available_bytes >= wanted) return std::nullopt;
    return Finding{Outcome::bad, "backup_no_room",
                   Facts{}
                       .set("place", place)
                       .set("wanted_mb", wanted >> 20U)
                       .set("free_mb", room->available_bytes >> 20U)};
  }

  // Of a run that was killed: no other is at work.
  Result<void> remove_partial() const {
    const auto left = judge_retention(directory_, run_.clock.wall(), 0, 0);
    if (!left) return std::unexpected(left.error());
    for (const std::string& path : left->partial) {
      if (auto removed = remove(path); !removed) return removed;
    }
    return {};
  }

  Result<RowCounts> dump() const {
    const std::string partial = partial_path(path_);
    auto rows = dump_and_count(database_, tools_, partial, run_.clock);
    if (!rows) return rows;
    if (::rename(partial.c_str(), path_.c_str()) != 0) {
      const int error = errno;
      ::unlink(partial.c_str());
      return fail(ErrorKind::io, fmt::format("cannot make {}: {}", path_, std::strerror(error)));
    }
    if (auto synced = sync_directory(directory_); !synced) return std::unexpected(synced.error());
    return rows;
  }

  static Result<void> remove(const std::string& path) {
    if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
    return fail(ErrorKind::io, fmt::format("cannot remove {}: {}", path, std::strerror(errno)));
  }

  Run& run_;
  const Config& config_;
  std::string directory_;
  std::string path_;
  Database database_;
  DatabaseTools tools_;
  RowCounts rows_;
};

std::vector<Check> backup_table(Backup* backup) {
  using enum Severity;
  return {
      {{.id = "backup", .severity = high, .explained_by = {"disk", "database"}},
       [backup](const Findings&) { return backup->make(); }},
      {{.id = "backup_restore", .severity = high, .needs = {"backup"}},
       [backup](const Findings&) { return backup->rehearse(); }},
      {{.id = "backup_retention", .severity = medium},
       [backup](const Findings& before) { return backup->tidy(before); }},
  };
}

}  // namespace

std::vector<CheckInfo> backup_checks() {
  std::vector<CheckInfo> infos;
  for (Check& check : backup_table(nullptr)) infos.push_back(std::move(check.info));
  return infos;
}

std::vector<Verdict> run_backup_checks(Run& run) {
  Backup backup{run};
  return run_checks(backup_table(&backup), run.selected, run.clock, run.deadline);
}

}  // namespace lectio
