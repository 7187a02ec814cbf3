// The project's git repository, as whoever owns it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "io/file.hpp"
#include "io/process.hpp"

namespace lectio {

struct Commits {
  std::int64_t ahead = 0;             // in the second and not in the first
  std::int64_t behind = 0;            // the other way round
  std::vector<std::string> subjects;  // "1a2b3c4 What it does", the newest first, a few of them
};

// Errors (ErrorKind::io, ErrorKind::config for what is not there) hold git's own first complaint.
class Git {
 public:
  // `directory` lies in the work tree.
  static Result<Git> open(const std::string& directory, Clock& clock);

  const std::string& root() const { return root_; }
  const std::string& user() const { return user_; }

  Result<std::string> commit_of(const std::string& ref) const;
  std::string short_name(const std::string& commit) const { return commit.substr(0, 9); }
  // A commit that is here; else what the remotes have by now under that name, branch or tag.
  Result<std::string> commit_to_deploy(const std::string& ref) const;

  // Tracked files that differ from HEAD, and untracked ones where `next` has something of its own.
  Result<std::vector<std::string>> in_the_way(const std::string& next) const;
  // Commits of HEAD that neither `next` nor a remote has, where there is a remote.
  Result<std::vector<std::string>> only_here(const std::string& next) const;
  Result<Commits> between(const std::string& from, const std::string& to) const;
  Result<std::vector<std::string>> changed_files(const std::string& from,
                                                 const std::string& to) const;

  // A second work tree of `commit` in `directory`, an empty one of the repository's owner. What is
  // not in the repository and lies in the first is linked into it: settings, the database, media.
  Result<void> add_worktree(const std::string& directory, const std::string& commit) const;
  // After its directory has gone.
  Result<void> forget_worktree(const std::string& directory) const;

  // The work tree and the branch are at `commit`, whatever they were.
  Result<void> reset(const std::string& commit) const;
  // Of tracked files against HEAD, as a patch.
  Result<std::string> changes() const;
  Result<void> apply(const std::string& patch) const;
  // As a tar; what is not there is left out.
  Result<void> pack(const std::vector<std::string>& files, const Fd& to) const;
  // What of such a tar is not there; what is there stays.
  Result<void> unpack(const Fd& from) const;

 private:
  Git(std::string root, std::string user, Clock& clock)
      : root_(std::move(root)), user_(std::move(user)), clock_(&clock) {}
  ProcessRequest as_owner(std::vector<std::string> argv) const;
  Result<std::string> finish(const ProcessRequest& request, std::string_view what) const;
  Result<std::vector<std::string>> remotes() const;
  Result<void> fetch(const std::string& ref) const;
  Result<void> break_dead_locks() const;
  Result<std::string> run(std::vector<std::string> arguments,
                          Milliseconds timeout = Milliseconds{60'000}) const;
  Result<std::vector<std::string>> list(std::vector<std::string> arguments) const;

  std::string root_;
  std::string user_;
  Clock* clock_;
};

}  // namespace lectio
