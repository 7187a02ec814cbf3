// The way of every deploy: judge, change, verify, and undo what is worse.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "deploy_safe/announcement.hpp"
#include "deploy_safe/part.hpp"
#include "deploy_safe/progress.hpp"
#include "deploy_safe/verification.hpp"
#include "site/deploy_journal.hpp"
#include "site/deploy_marker.hpp"

namespace lectio {

using Parts = std::vector<std::unique_ptr<Part>>;

class Deploy {
 public:
  // `what` is the journal's and the messages' word for it.
  Deploy(Stage stage, std::string what, std::string who, Parts parts);

  // Exit codes: 0, or 2 when it was refused or rolled back. An error: it could not run.
  Result<int> run();
  // Ends what a killed deploy left: what served before it serves again, unless the new had proven
  // itself.
  Result<int> recover(const DeployJournal& left);
  // Tells that it cannot be done, and is the error.
  std::unexpected<Error> cannot_recover(const DeployJournal& left, const Error& error);
  // Where nothing was left: whether what serves is well.
  Result<int> look();

 private:
  // All that a deploy changes, to its end.
  Result<int> carry_out();
  void leave_metrics(int code) const;
  Result<void> begin();
  Result<void> hold_marker(const std::string& what);
  int refuse(const std::string& reason);
  // Before the change: as if nothing had been begun.
  Result<int> give_up(const std::string& reason);
  // `verdict`: what the verification holds against the release; empty: it did not come to one.
  Result<int> undo(const std::string& reason, const std::string& verdict);
  void plan_recovery(const DeployJournal& left);
  Result<void> step(DeployStep step);
  Result<void> end_journal() const;
  Result<std::map<std::string, Status>> baseline();
  // Good in so many rounds in a row: empty; else what was worse at last. `heeds_stop`: a signal
  // ends it.
  std::string prove(bool heeds_stop);
  std::vector<std::string> flaws();
  void set_advice(Facts& facts) const;
  // Of each part, joined.
  std::string now() const;
  std::string before() const;
  // Phrases in the owner's language.
  std::string title(std::string_view key, const Facts& facts) const;
  std::vector<std::string> lines(std::string_view key, const Facts& facts) const;
  // Queued until the announcement is delivered. `state`: begun, ended, undone.
  void announce(std::string_view state, std::string_view key, const Facts& facts);
  void fail(std::string_view state, std::string_view key, const Facts& facts);

  Stage stage_;
  Act& act_;
  Progress& progress_;
  std::string what_;
  std::string who_;
  Parts parts_;
  BootTime began_;
  DeployJournal journal_;
  Verification verification_;
  Announcement announcement_;
  std::optional<HeldMarker> marker_;  // the last member: gone when all else is done
};

}  // namespace lectio
