// The backend's part of a deploy: the new code is proven beside the live tree, the database is
// dumped before migrations, and everything has a way back.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "deploy_safe/backups.hpp"
#include "deploy_safe/git.hpp"
#include "deploy_safe/kept_state.hpp"
#include "deploy_safe/part.hpp"
#include "deploy_safe/venv.hpp"
#include "site/site_process.hpp"
#include "site/site_report.hpp"

namespace lectio {

struct BackendOrder {
  std::string ref = {};  // empty, with `backup` too: a killed deploy's, the journal says the rest
  bool discards_local = false;
  std::optional<Backup> back_to = std::nullopt;  // its commit instead of `ref`
  bool restores_database = false;                // from the dump of `back_to`
};

class Backend final : public Part {
 public:
  Backend(Stage stage, BackendOrder order);

  Result<void> inspect() override;
  std::vector<std::string> plan() const override;
  std::vector<std::string> plan_undo(const DeployJournal& journal) override;
  Result<void> prepare(DeployJournal& journal) override;
  Result<void> apply(const DeployJournal& journal) override;
  std::string missing() override { return trouble_; }  // its workers were waited for
  Result<void> undo(const DeployJournal& journal, Undo when) override;
  void settle(const DeployJournal& journal) override;
  void reject(const DeployJournal& journal, const std::string& reasons) override;
  std::string now() const override { return words_of(next_); }
  std::string before() const override { return words_of(before_); }
  std::vector<std::string> details() const override;
  std::string advice(const DeployJournal& journal) const override;

 private:
  std::string config(std::string_view key) const { return stage_.act.config.text(key); }
  std::unexpected<Error> refuse(std::string_view key, const Facts& facts = {}) const;
  std::string words_of(const std::string& commit) const;
  // The first ones, and how many there are.
  static std::string named(const std::vector<std::string>& names);

  Result<void> open();
  Result<void> choose_commit();
  Result<void> look_for_local_work();
  Result<void> look_at_changes();

  Result<void> lay_worktree();
  Result<std::string> requirements() const;
  Result<void> prove_code();
  void learn(const SiteReport& report);
  SiteCensor censor() const { return {site_, secrets_}; }
  Result<void> keep_state(DeployJournal& journal);

  std::string django_dir(const std::string& tree) const;
  Result<void> manage(const std::string& python, const std::string& directory,
                      std::vector<std::string> arguments, const std::string& user) const;
  Result<void> collect_static() const;
  void clear() const;

  Stage stage_;
  BackendOrder order_;
  std::optional<Git> git_;
  Venv venv_;
  SiteProcess site_;
  KeptState state_;
  std::string worktree_;
  std::string django_;  // directory of manage.py, relative to the root of the repository

  std::string before_;
  std::string next_;
  Commits commits_;
  std::vector<std::string> lost_files_;  // local changes, and what is in the way
  std::vector<std::string> lost_;        // with commits that are only here
  bool has_new_requirements_ = false;
  std::vector<std::string> migration_files_;  // that differ between the commits
  std::vector<std::string> migrations_;       // that the database still lacks
  std::string static_root_;
  std::vector<std::string> secrets_;  // of the site's settings
  bool was_changed_ = false;          // by us: `undo` has something to take back
  std::string trouble_;               // of the way back
};

}  // namespace lectio
