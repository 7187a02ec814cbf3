// The frontend's deploys: every step leaves one whole release serving.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "deploy_safe/announcement.hpp"
#include "deploy_safe/progress.hpp"
#include "deploy_safe/verification.hpp"
#include "io/systemd.hpp"
#include "site/deploy_journal.hpp"
#include "site/releases.hpp"
#include "tool/run_tool.hpp"

namespace lectio {

class Frontend {
 public:
  Frontend(Act& act, Releases releases, std::string who);

  // Exit codes: 0, or 2 when it was refused or rolled back. An error: it could not run.
  Result<int> deploy(const std::string& build_dir);
  // To `name`, or to the newest proven release that does not serve.
  Result<int> roll_back(const std::string& name);
  // Ends what a killed deploy left: the release that served before it serves again.
  Result<int> recover();
  Result<int> clean_up(int days);

 private:
  // Puts `next` in place, verifies it, and puts it back if that fails.
  Result<int> put(Release next, Release before, DeployJournal journal);
  Result<int> undo(Release next, const Release& before, DeployJournal journal,
                   const std::vector<std::string>& reasons);
  Result<int> refuse(const std::string& reason);
  // Before the swap: as if nothing had been begun.
  Result<int> give_up(const Release& next, const DeployJournal& journal, const std::string& reason);
  Result<void> step(DeployJournal& journal, DeployStep step);
  Result<std::map<std::string, Status>> baseline();
  // Good in so many rounds in a row: empty; else what was worse at last. `heeds_stop`: a signal
  // ends it.
  std::vector<std::string> prove(const std::map<std::string, Status>& before, bool heeds_stop);
  std::vector<std::string> flaws(const std::string& index_html,
                                 const std::map<std::string, Status>& before);
  Result<void> retire();
  std::string flaw_of_build(const std::string& build_dir) const;
  Result<std::string> lack_of_room(const std::string& build_dir) const;
  WallTime oldest_asset() const;
  DeployJournal begin_journal(const std::string& what);
  // Phrases in the owner's language.
  std::string title(std::string_view key, const Facts& facts) const;
  std::vector<std::string> lines(std::string_view key, const Facts& facts) const;
  // `state`: begun, ended, undone.
  void announce(std::string_view state, std::string_view key, const Facts& facts);
  void fail(std::string_view state, std::string_view key, const Facts& facts);

  Act& act_;
  const Config& config_;
  Releases releases_;
  std::string who_;
  std::string what_;  // frontend, rollback
  std::unique_ptr<Systemd> systemd_;
  Verification verification_;
  Progress progress_;
  Announcement announcement_;
};

}  // namespace lectio
