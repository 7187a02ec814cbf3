// Whether the database was backed up of late, and whether the backup can hold it.
#pragma once

#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "check/finding.hpp"
#include "site/backup_files.hpp"
#include "site/config.hpp"

namespace lectio {

// `backup_fresh`.
CheckInfo backup_fresh_check();

// `files`: the newest first. Codes: backup_new, backup_none (a warning: it may never have been set
// up), backup_old (older than `oldest` a warning, than three times that critical), backup_shrunk
// (half of the largest of the week before, or empty: a warning), backup_unreadable.
Finding judge_backups(const Result<std::vector<BackupFile>>& files, WallTime now,
                      Milliseconds oldest);

// Of the BACKUP_FILES, each pattern by itself; the worst of them. Without: of what `backup` and
// the site's older script write, whichever is newer.
Finding probe_backups(const Config& config, WallTime now);

}  // namespace lectio
