// STATE_DIR/deploy.json: what a deploy is about to do, written before it does it. It is there from
// before the first change until the end has been verified; one without a living deploy is
// unfinished business.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/severity.hpp"

namespace lectio {

// proven: the new release is verified, only the bookkeeping is left.
enum class DeployStep { prepare, swap, verify, roll_back, proven };

struct DeployJournal {
  std::string what;  // frontend, backend, full, rollback, rollback_backend
  std::string who;
  WallTime since{};
  DeployStep step = DeployStep::prepare;
  std::map<std::string, Status> baseline;  // of each check, before the first change
  std::uint64_t message = 0;               // incident number of its message; 0: none was sent

  // Of the frontend.
  std::string next;    // release that shall serve; empty: not made yet
  std::string before;  // that served when it began

  // Of the backend.
  std::string commit_before;  // empty: it has no part in this deploy
  std::string commit_next;
  std::string backup;                   // of the state before, by its name
  std::uint64_t venv = 0;               // inode of the environment that served; 0: it stays
  std::vector<std::string> migrations;  // that are being applied
  std::string restored;                 // name of the backup whose dump replaces the database
};

// Errors (ErrorKind::io, ErrorKind::config for one that does not parse) name the file.
Result<std::optional<DeployJournal>> read_deploy_journal(const std::string& state_dir);
// On disk when it returns.
Result<void> write_deploy_journal(const std::string& state_dir, const DeployJournal& journal);
// One that is gone already is no error.
Result<void> end_deploy_journal(const std::string& state_dir);

}  // namespace lectio
