// What a backend deploy keeps of the state before it: BACKUP_DIR/backend-NAME/, with manifest.json,
// requirements.txt and, before migrations, database.dump.
#pragma once

#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "deploy_safe/part.hpp"

namespace lectio {

struct Backup {
  std::string name = {};  // 20261125-174512
  WallTime made{};
  std::string commit = {};                   // that served
  std::string next = {};                     // that was to be deployed
  std::vector<std::string> migrations = {};  // that were to be applied
  bool has_dump = false;
  bool is_rollback = false;  // made before one
  bool succeeded = false;    // `next` was deployed and verified
  bool restoring = false;    // the database was about to be replaced
};

std::string backup_path(const std::string& backup_dir, const Backup& backup);
std::string dump_path(const std::string& backup_dir, const Backup& backup);
// What pip had installed.
std::string packages_path(const std::string& backup_dir, const Backup& backup);

// The newest first; what is not ours is none.
Result<std::vector<Backup>> list_backups(const std::string& backup_dir);
// Its directory, readable by us alone, and a free name of the time `made`.
Result<void> make_backup(const std::string& backup_dir, Backup& backup);
// On disk when it returns.
Result<void> save_backup(const std::string& backup_dir, const Backup& backup);

// What `rollback --backend` goes back to by itself: of the deploy that brought `head`, the commit
// that serves, or of the last one before it. Null: there is none.
const Backup* way_back(const std::vector<Backup>& all, const std::string& head);
// With --restore-db: the newest that has the database, but for those of rollbacks.
const Backup* newest_dump(const std::vector<Backup>& all);

// Of `all`, the newest first: what was made before `oldest`, by its own date. The newest stays, the
// newest that succeeded, and what a rollback would go back to by itself.
std::vector<Backup> outdated_backups(const std::vector<Backup>& all, const std::string& head,
                                     WallTime oldest);
// Removes those of BACKUP_DIR that are older than `days`.
Result<void> clean_up_backups(const Stage& stage, int days);

}  // namespace lectio
