// What a backend deploy could lose, kept in BACKUP_DIR and put back from there: local work that is
// given up, and the database.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "deploy_safe/backups.hpp"
#include "deploy_safe/git.hpp"
#include "deploy_safe/part.hpp"
#include "site/database.hpp"

namespace lectio {

class KeptState {
 public:
  KeptState(Stage stage, DatabaseTools tools)
      : stage_(stage), tools_(std::move(tools)), directory_(stage.act.config.text("BACKUP_DIR")) {}

  // Before anything else is asked of it but `mark_succeeded`.
  void set_database(const Database& database) { database_ = database; }

  // The backup's name. `lost` are the files that --discard-local gives up: changes are kept as a
  // patch, files that are in the way as a tar. `packages` is what pip has installed. The database
  // is dumped when migrations will change it. An error leaves nothing.
  Result<std::string> keep(Backup backup, const Git& git, const std::vector<std::string>& lost,
                           const std::string& packages);

  // The database, by the dump of the backup of that name. The site stands still from here until
  // somebody starts it. What it wrote until now is dumped first, and that it is about to be
  // replaced is noted: only then there is something to put back.
  Result<void> replace_by(const std::string& name);

  // The database as it was before our own `replace_by`; local work that was given up.
  Result<void> put_back(const std::string& name, const Git& git);

  // Whether `put_back` would replace the database.
  bool must_put_database_back(const std::string& name) const;

  // One that is gone is no error.
  Result<void> mark_succeeded(const std::string& name) const;

 private:
  Result<void> keep_local_work(const Git& git, const std::vector<std::string>& lost) const;
  // Into the backup of this deploy, in the place of an earlier one.
  Result<void> dump();
  Result<void> dump_over(const std::string& path) const;
  Result<void> restore(const Backup& backup) const;

  Stage stage_;
  DatabaseTools tools_;
  std::string directory_;
  Database database_;
  Backup backup_;  // of this deploy
};

}  // namespace lectio
