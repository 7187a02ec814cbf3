// What a deploy changes: the frontend, the backend, or one after the other. Errors of the steps are
// one line for the person who deploys.
#pragma once

#include <string>
#include <vector>

#include "base/facts.hpp"
#include "base/result.hpp"
#include "deploy_safe/progress.hpp"
#include "io/systemd.hpp"
#include "site/deploy_journal.hpp"
#include "tool/run_tool.hpp"

namespace lectio {

// What every part works with.
struct Stage {
  Act& act;
  Systemd& systemd;
  Progress& progress;

  // A failure that changes nothing of what serves.
  void note(const Result<void>& done) const {
    if (!done) act.notes.push_back(done.error().message);
  }
};

// in_time: by the run that changed it; late: by another, after its death.
enum class Undo { in_time, late };

class Part {
 public:
  virtual ~Part() = default;

  // Whether it can be done, before anything is touched. An error: why not.
  virtual Result<void> inspect() = 0;
  // What would be done, for a person.
  virtual std::vector<std::string> plan() const = 0;
  // And by a late `undo`.
  virtual std::vector<std::string> plan_undo(const DeployJournal& journal) = 0;
  // All that can be made beside what serves, noted in the journal.
  virtual Result<void> prepare(DeployJournal& journal) = 0;
  // The change. On an error it may have been made in part: `undo` follows.
  virtual Result<void> apply(const DeployJournal& journal) = 0;
  // It is not the new release that answers: why; empty: it is.
  virtual std::string missing() = 0;
  // What served before serves again. It looks for itself how far the change had come, and may be
  // asked again.
  virtual Result<void> undo(const DeployJournal& journal, Undo when) = 0;
  // After success.
  virtual void settle(const DeployJournal& journal) = 0;
  // After a failure: `reasons` of the verification; empty: it was stopped, or never judged.
  virtual void reject(const DeployJournal& journal, const std::string& reasons) = 0;

  // In a few words: what serves now, and what did.
  virtual std::string now() const = 0;
  virtual std::string before() const = 0;
  // More of it, a line each.
  virtual std::vector<std::string> details() const { return {}; }
  // What a person may do when the checks fail after the rollback.
  virtual std::string advice(const DeployJournal& /*journal*/) const { return {}; }
};

}  // namespace lectio
