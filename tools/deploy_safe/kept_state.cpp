#include "deploy_safe/kept_state.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>

#include "deploy_safe/room.hpp"
#include "deploy_safe/service.hpp"
#include "io/file.hpp"
#include "io/tree.hpp"

namespace lectio {
namespace {

constexpr std::size_t largest_patch = std::size_t{16} << 20U;  // bytes

Result<std::optional<Backup>> find_backup(const std::string& directory, const std::string& name) {
  const auto all = list_backups(directory);
  if (!all) return std::unexpected(all.error());
  const auto found = std::ranges::find(*all, name, &Backup::name);
  if (found == all->end()) return std::nullopt;
  return *found;
}

}  // namespace

Result<std::string> KeptState::keep(Backup backup, const Git& git,
                                    const std::vector<std::string>& lost,
                                    const std::string& packages) {
  backup_ = std::move(backup);
  if (auto made = make_backup(directory_, backup_); !made) return std::unexpected(made.error());
  // Described before it is whole: what nobody describes, no cleanup would find after a death.
  auto kept = save_backup(directory_, backup_);
  if (kept && !packages.empty()) {
    kept = write_file_atomically(packages_path(directory_, backup_), packages, 0600);
  }
  if (kept) kept = keep_local_work(git, lost);
  if (kept && !backup_.migrations.empty()) {
    kept = dump();
    if (kept) kept = save_backup(directory_, backup_);
  }
  if (kept) return backup_.name;
  stage_.note(remove_tree(backup_path(directory_, backup_)));
  return std::unexpected(kept.error());
}

Result<void> KeptState::keep_local_work(const Git& git,
                                        const std::vector<std::string>& lost) const {
  if (lost.empty()) return {};
  const std::string place = backup_path(directory_, backup_);
  const auto patch = git.changes();
  if (!patch) return std::unexpected(patch.error());
  if (auto kept = write_file_atomically(place + "/local.patch", *patch, 0600); !kept) return kept;
  const std::string path = place + "/local.tar";
  const Fd tar{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
  if (!tar)
    return fail(ErrorKind::io, fmt::format("cannot make {}: {}", path, std::strerror(errno)));
  return git.pack(lost, tar);
}

Result<void> KeptState::dump() {
  stage_.progress.doing("backend_dumping");
  const std::string path = dump_path(directory_, backup_);
  auto dumped = judge_room(stage_, directory_, {.bytes = database_.bytes, .entries = 1});
  if (dumped) dumped = dump_over(path);
  if (!dumped) {
    return fail(ErrorKind::config,
                stage_.progress.phrase("backend_not_dumped",
                                       Facts{}.set("reason", dumped.error().message)));
  }
  backup_.has_dump = true;
  stage_.progress.done("backend_dumped", Facts{}.set("path", path));
  return {};
}

// Made and proven beside: what lies at `path` is a whole dump at every moment.
Result<void> KeptState::dump_over(const std::string& path) const {
  const std::string fresh = path + ".new";
  auto dumped = dump_database(database_, tools_, fresh, stage_.act.clock);
  if (!dumped) return dumped;
  if (::rename(fresh.c_str(), path.c_str()) == 0)
    return sync_directory(backup_path(directory_, backup_));
  const int why = errno;
  ::unlink(fresh.c_str());
  return fail(ErrorKind::io, fmt::format("cannot rename {}: {}", fresh, std::strerror(why)));
}

Result<void> KeptState::restore(const Backup& backup) const {
  return restore_database(database_, tools_, dump_path(directory_, backup), stage_.act.clock);
}

Result<void> KeptState::replace_by(const std::string& name) {
  if (auto stopped = stop_backend(stage_); !stopped) return stopped;
  if (auto dumped = dump(); !dumped) return dumped;
  backup_.restoring = true;
  if (auto noted = save_backup(directory_, backup_); !noted) return noted;
  stage_.progress.doing("backend_restoring");
  auto restored = restore({.name = name});
  if (restored) stage_.progress.done("backend_restored");
  return restored;
}

Result<void> KeptState::put_back(const std::string& name, const Git& git) {
  const auto backup = find_backup(directory_, name);
  if (!backup) return std::unexpected(backup.error());
  if (!*backup) return {};
  const std::string place = backup_path(directory_, **backup);
  const auto patch = read_file_if_any(place + "/local.patch", largest_patch);
  if (patch && *patch && !(*patch)->empty()) stage_.note(git.apply(**patch));
  // Files that are not git's and that the new code had one of its own for.
  const Fd files{::open((place + "/local.tar").c_str(), O_RDONLY | O_CLOEXEC)};
  if (files) stage_.note(git.unpack(files));
  if (!(*backup)->restoring) return {};
  if (auto stopped = stop_backend(stage_); !stopped) return stopped;
  return restore(**backup);
}

bool KeptState::must_put_database_back(const std::string& name) const {
  const auto backup = find_backup(directory_, name);
  return backup && *backup && (*backup)->restoring;
}

Result<void> KeptState::mark_succeeded(const std::string& name) const {
  auto backup = find_backup(directory_, name);
  if (!backup) return std::unexpected(backup.error());
  if (!*backup) return {};
  (*backup)->succeeded = true;
  return save_backup(directory_, **backup);
}

}  // namespace lectio
