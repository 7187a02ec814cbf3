#include "deploy_safe/backups.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <tuple>

#include "deploy_safe/git.hpp"
#include "io/file.hpp"
#include "io/json_fields.hpp"
#include "io/tree.hpp"

namespace lectio {

template <class Fields>
void describe(Fields& fields, Backup& backup) {
  int schema = 1;
  fields("schema", schema);
  fields("name", backup.name);
  fields("made_ms", backup.made);
  fields("commit", backup.commit);
  fields("next", backup.next);
  fields("migrations", backup.migrations);
  fields("has_dump", backup.has_dump);
  fields("is_rollback", backup.is_rollback);
  fields("succeeded", backup.succeeded);
  fields("restoring", backup.restoring);
}

namespace {

constexpr std::string_view prefix = "backend-";

const Backup* newest_that(const std::vector<Backup>& all, const auto& fits) {
  const auto found = std::ranges::find_if(all, fits);
  return found == all.end() ? nullptr : &*found;
}

// Empty: there is no repository.
std::string commit_that_serves(const Act& act) {
  const auto git = Git::open(act.config.text("PROJECT_ROOT"), act.clock);
  return git ? git->commit_of("HEAD").value_or("") : std::string{};
}

}  // namespace

std::string backup_path(const std::string& backup_dir, const Backup& backup) {
  return fmt::format("{}/{}{}", backup_dir, prefix, backup.name);
}

std::string dump_path(const std::string& backup_dir, const Backup& backup) {
  return backup_path(backup_dir, backup) + "/database.dump";
}

std::string packages_path(const std::string& backup_dir, const Backup& backup) {
  return backup_path(backup_dir, backup) + "/requirements.txt";
}

Result<std::vector<Backup>> list_backups(const std::string& backup_dir) {
  std::vector<Backup> found;
  std::error_code failed;
  if (!std::filesystem::exists(backup_dir, failed)) return found;
  for (std::filesystem::directory_iterator entry{backup_dir, failed}, end; !failed && entry != end;
       entry.increment(failed)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with(prefix) || entry->is_symlink()) continue;
    const auto text = read_file_if_any(entry->path().string() + "/manifest.json");
    if (!text || !*text) continue;
    auto backup = parse_json_fields<Backup>(**text);
    if (backup && name == std::string{prefix} + backup->name) found.push_back(std::move(*backup));
  }
  if (failed) {
    return fail(ErrorKind::io, fmt::format("cannot list {}: {}", backup_dir, failed.message()));
  }
  std::ranges::sort(found, std::ranges::greater{},
                    [](const Backup& backup) { return std::tie(backup.made, backup.name); });
  return found;
}

Result<void> make_backup(const std::string& backup_dir, Backup& backup) {
  if (auto made = make_directory(backup_dir); !made) return made;
  const std::string name =
      fmt::format("{:%Y%m%d-%H%M%S}", std::chrono::floor<std::chrono::seconds>(backup.made));
  for (int twin = 0; twin < 100; ++twin) {
    backup.name = twin == 0 ? name : fmt::format("{}-{}", name, twin + 1);
    if (::mkdir(backup_path(backup_dir, backup).c_str(), 0700) == 0) return {};
  }
  return fail(ErrorKind::io, fmt::format("cannot make a backup in {}", backup_dir));
}

Result<void> save_backup(const std::string& backup_dir, const Backup& backup) {
  const auto saved = write_file_atomically(backup_path(backup_dir, backup) + "/manifest.json",
                                           to_json_fields(Backup{backup}) + "\n", 0600);
  return saved ? sync_directory(backup_dir) : saved;
}

const Backup* way_back(const std::vector<Backup>& all, const std::string& head) {
  const auto was_deploy = [&](const Backup& backup) {
    return backup.succeeded && !backup.is_rollback && backup.commit != head;
  };
  const Backup* const brought = newest_that(
      all, [&](const Backup& backup) { return was_deploy(backup) && backup.next == head; });
  return brought != nullptr ? brought : newest_that(all, was_deploy);
}

const Backup* newest_dump(const std::vector<Backup>& all) {
  return newest_that(all,
                     [](const Backup& backup) { return backup.has_dump && !backup.is_rollback; });
}

std::vector<Backup> outdated_backups(const std::vector<Backup>& all, const std::string& head,
                                     WallTime oldest) {
  const std::array stay{all.empty() ? nullptr : &all.front(), newest_that(all, &Backup::succeeded),
                        way_back(all, head), newest_dump(all)};
  std::vector<Backup> outdated;
  for (const Backup& backup : all) {
    if (backup.made < oldest && std::ranges::find(stay, &backup) == stay.end()) {
      outdated.push_back(backup);
    }
  }
  return outdated;
}

Result<void> clean_up_backups(const Stage& stage, int days) {
  const std::string directory = stage.act.config.text("BACKUP_DIR");
  const auto all = list_backups(directory);
  if (!all) return std::unexpected(all.error());
  const WallTime oldest = stage.act.clock.wall() - std::chrono::days{days};
  for (const Backup& backup : outdated_backups(*all, commit_that_serves(stage.act), oldest)) {
    const Facts facts = Facts{}.set("release", backup_path(directory, backup));
    const bool dry = stage.act.dry_run == DryRun::on;
    if (!dry) {
      if (auto removed = remove_tree(backup_path(directory, backup)); !removed) return removed;
    }
    stage.progress.say(
        stage.progress.phrase(dry ? "deploy_would_remove" : "deploy_removed", facts));
  }
  return {};
}

}  // namespace lectio
