// The frontend's part of a deploy: a release is staged beside what serves, and exchanged with it.
#pragma once

#include <string>
#include <variant>

#include "deploy_safe/part.hpp"
#include "site/releases.hpp"

namespace lectio {

struct FromBuild {
  std::string directory;
};
struct BackTo {
  std::string release;  // empty: the newest proven one that is older than what serves
};
struct LeftBehind {};  // by a deploy that was killed: the journal says the rest

class Frontend final : public Part {
 public:
  using Source = std::variant<FromBuild, BackTo, LeftBehind>;
  Frontend(Stage stage, Releases releases, Source source);

  Result<void> inspect() override;
  std::vector<std::string> plan() const override;
  std::vector<std::string> plan_undo(const DeployJournal& journal) override;
  Result<void> prepare(DeployJournal& journal) override;
  Result<void> apply(const DeployJournal& journal) override;
  std::string missing() override;
  Result<void> undo(const DeployJournal& journal, Undo when) override;
  void settle(const DeployJournal& journal) override;
  void reject(const DeployJournal& journal, const std::string& reasons) override;
  std::string now() const override;
  std::string before() const override;

 private:
  Result<void> remember(const DeployJournal& journal);
  Result<void> find_target(const std::string& name);
  Result<void> retire();

  Stage stage_;
  Releases releases_;
  Source source_;
  Release next_;
  Release before_;
};

// Removes releases made longer ago than `days`, and files that no open page asks for any more. What
// serves stays, and the newest proven one beside it.
Result<void> clean_up_releases(const Stage& stage, const Releases& releases, int days);

}  // namespace lectio
