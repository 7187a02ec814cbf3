// The frontend's deploys: every step leaves one whole release serving.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "deploy_safe/announcement.hpp"
#include "deploy_safe/progress.hpp"
#include "deploy_safe/verification.hpp"
#include "io/systemd.hpp"
#include "site/deploy_journal.hpp"
#include "site/deploy_marker.hpp"
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
  // What a death leaves without any deploy being unfinished; nothing in a dry run.
  Result<void> tidy();
  // Ends what a killed deploy left: the release that served before it serves again.
  Result<int> recover();
  Result<int> clean_up(int days);

 private:
  struct Begun {
    DeployJournal journal;
    Release serving;
  };
  Result<Begun> begin(const std::string& what);
  std::optional<Release> target_of_rollback(const std::vector<Release>& all,
                                            const std::string& name) const;
  Result<int> end_what_was_left(const DeployJournal& left);
  // Puts `next` in place, verifies it, and puts it back if that fails.
  Result<int> put(Release next, Release before, DeployJournal journal);
  Result<int> undo(Release next, const Release& before, DeployJournal journal,
                   const std::vector<std::string>& reasons);
  Result<int> refuse(const std::string& reason);
  // Before the swap: as if nothing had been begun.
  Result<int> give_up(const Release& next, const DeployJournal& journal, const std::string& reason);
  Result<void> step(DeployJournal& journal, DeployStep step);
  Result<void> end_journal() const;
  // A failure that changes nothing of what serves.
  void note(const Result<void>& done);
  Result<std::map<std::string, Status>> baseline();
  // Good in so many rounds in a row: empty; else what was worse at last. `heeds_stop`: a signal
  // ends it.
  std::vector<std::string> prove(const std::map<std::string, Status>& before, bool heeds_stop);
  std::vector<std::string> flaws(const std::string& index_html,
                                 const std::map<std::string, Status>& before);
  Result<void> retire();
  std::string flaw_of_build(const std::string& build_dir) const;
  std::string flaw_of_files(const std::string& directory) const;
  Result<std::string> lack_of_room(const TreeSize& size) const;
  WallTime oldest_asset() const;
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
  std::optional<HeldMarker> marker_;  // the last member: gone when all else is done
};

}  // namespace lectio
