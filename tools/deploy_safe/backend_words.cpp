#include <fmt/format.h>

#include <algorithm>

#include "deploy_safe/backend.hpp"
#include "deploy_safe/service.hpp"

namespace lectio {
namespace {

constexpr std::size_t most_named = 10;

}  // namespace

std::string Backend::named(const std::vector<std::string>& names) {
  const std::size_t shown = std::min(names.size(), most_named);
  std::string text = fmt::format(
      "{}", fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
  if (shown < names.size()) text += fmt::format(", … ({})", names.size());
  return text;
}

std::string Backend::words_of(const std::string& commit) const {
  return stage_.progress.phrase("backend_commit", Facts{}.set("commit", commit.substr(0, 9)));
}

std::vector<std::string> Backend::plan() const {
  std::vector<std::string> lines = details();
  const auto add = [&](std::string_view key, const Facts& facts = {}) {
    lines.push_back(stage_.progress.phrase(key, facts));
  };
  if (!lost_.empty()) add("backend_would_discard", Facts{}.set("files", named(lost_)));
  if (!migration_files_.empty()) {
    add("backend_would_meet", Facts{}.set("files", named(migration_files_)));
  }
  add("backend_would_prove", Facts{}.set("worktree", worktree_));
  if (has_new_requirements_) add("backend_would_install", Facts{}.set("venv", config("VENV_DIR")));
  add("backend_would_dump", Facts{}.set("directory", config("BACKUP_DIR")));
  if (order_.restores_database) {
    add("backend_would_restore",
        Facts{}.set("dump", dump_path(config("BACKUP_DIR"), *order_.back_to)));
  }
  const bool reloads = way_to_take_up(stage_) == TakeUp::reload;
  add("backend_would_apply", Facts{}
                                 .set("commit", git_->short_name(next_))
                                 .set("way", reloads ? "reload" : "restart")
                                 .set("unit", config("BACKEND_SERVICE")));
  return lines;
}

std::vector<std::string> Backend::plan_undo(const DeployJournal& journal) {
  const auto say = [&](std::string_view key, const Facts& facts = {}) {
    return stage_.progress.phrase(key, facts);
  };
  const bool may_have_changed =
      !journal.commit_before.empty() && journal.step != DeployStep::prepare;
  if (!may_have_changed) return {say("backend_would_stay")};
  std::vector<std::string> lines;
  const bool has_other_packages = journal.venv != 0 && venv_.inode() != journal.venv;
  if (has_other_packages) {
    lines.push_back(say("backend_would_exchange", Facts{}.set("venv", config("VENV_DIR"))));
  }
  if (state_.must_put_database_back(journal.backup)) {
    const Backup kept{.name = journal.backup};
    lines.push_back(
        say("backend_would_restore", Facts{}.set("dump", dump_path(config("BACKUP_DIR"), kept))));
  }
  const bool restarts =
      has_other_packages || !journal.restored.empty() || way_to_take_up(stage_) == TakeUp::restart;
  lines.push_back(say("backend_would_apply", Facts{}
                                                 .set("commit", journal.commit_before.substr(0, 9))
                                                 .set("way", restarts ? "restart" : "reload")
                                                 .set("unit", config("BACKEND_SERVICE"))));
  return lines;
}

std::vector<std::string> Backend::details() const {
  std::vector<std::string> lines;
  const auto add = [&](std::string_view key, const Facts& facts) {
    lines.push_back(stage_.progress.phrase(key, facts));
  };
  if (commits_.behind > 0) add("backend_goes_back", Facts{}.set("commits", commits_.behind));
  if (commits_.ahead > 0) add("backend_commits", Facts{}.set("commits", commits_.ahead));
  for (const std::string& subject : commits_.subjects) lines.push_back("• " + subject);
  if (!migrations_.empty())
    add("backend_migrations", Facts{}.set("migrations", named(migrations_)));
  return lines;
}

std::string Backend::advice(const DeployJournal& journal) const {
  if (journal.migrations.empty() || journal.backup.empty()) return {};
  return stage_.progress.phrase("backend_advice", Facts{}.set("backup", journal.backup));
}

}  // namespace lectio
