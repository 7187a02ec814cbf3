#include "deploy_safe/backend.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "deploy_safe/room.hpp"
#include "deploy_safe/service.hpp"
#include "deploy_safe/stop.hpp"
#include "io/process.hpp"
#include "io/tree.hpp"
#include "io/user.hpp"

namespace lectio {
namespace {

constexpr Milliseconds migration_timeout{std::chrono::minutes{30}};

bool asks_for_packages(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return name.ends_with(".txt") &&
         (name.starts_with("requirements") || name.starts_with("constraints") ||
          path.starts_with("requirements/") ||
          path.find("/requirements/") != std::string_view::npos);
}

bool is_migration(std::string_view path) {
  return path.find("/migrations/") != std::string_view::npos && path.ends_with(".py") &&
         !path.ends_with("__init__.py");
}

// Of the nearest directory that is there: whoever may write files below it.
uid_t owner_of_nearest(std::filesystem::path path) {
  struct stat status{};
  while (::stat(path.c_str(), &status) != 0 && path.has_relative_path()) path = path.parent_path();
  return status.st_uid;
}

std::string user_name_of(const std::string& user) {
  const auto account = find_user(user);
  return account ? account->name : user;
}

}  // namespace

Backend::Backend(Stage stage, BackendOrder order)
    : stage_(stage),
      order_(std::move(order)),
      venv_(stage, stage.act.config.text("VENV_DIR")),
      site_(site_process(stage.act.config, stage.systemd)),
      state_(stage, {site_, venv_.python()}) {}

std::unexpected<Error> Backend::refuse(std::string_view key, const Facts& facts) const {
  return fail(ErrorKind::config, stage_.progress.phrase(key, facts));
}

std::string Backend::django_dir(const std::string& tree) const {
  return (std::filesystem::path{tree} / django_).lexically_normal().string();
}

Result<void> Backend::open() {
  if (git_) return {};
  auto git = Git::open(config("PROJECT_ROOT"), stage_.act.clock);
  if (!git) return std::unexpected(git.error());
  git_ = std::move(*git);
  worktree_ = git_->root() + ".next";
  std::error_code failed;
  const auto inside = std::filesystem::weakly_canonical(config("DJANGO_DIR"), failed)
                          .lexically_relative(git_->root());
  if (inside.empty() || *inside.begin() == "..") {
    return refuse("backend_outside",
                  Facts{}.set("directory", config("DJANGO_DIR")).set("root", git_->root()));
  }
  django_ = inside.string();
  return {};
}

Result<void> Backend::inspect() {
  stage_.progress.doing("backend_looking");
  if (auto opened = open(); !opened) return opened;
  if (auto chosen = choose_commit(); !chosen) return chosen;
  if (auto safe = look_for_local_work(); !safe) return safe;
  if (auto looked = look_at_changes(); !looked) return looked;
  stage_.progress.done("backend_looked", Facts{}
                                             .set("before", words_of(before_))
                                             .set("next", words_of(next_))
                                             .set("commits", commits_.ahead));
  return judge_room(stage_, git_->root(), {});
}

Result<void> Backend::choose_commit() {
  auto before = git_->commit_of("HEAD");
  if (!before) return std::unexpected(before.error());
  before_ = std::move(*before);
  const std::string ref = order_.back_to ? order_.back_to->commit : order_.ref;
  auto next = git_->commit_to_deploy(ref);
  if (!next && next.error().kind == ErrorKind::config) {
    return refuse("backend_no_such_ref", Facts{}.set("ref", ref));
  }
  if (!next) return std::unexpected(next.error());
  next_ = std::move(*next);
  return {};
}

// A deploy makes the tree what the commit says: nothing that is only here may be lost by it.
Result<void> Backend::look_for_local_work() {
  auto files = git_->in_the_way(next_);
  if (!files) return std::unexpected(files.error());
  const auto commits = git_->only_here(next_);
  if (!commits) return std::unexpected(commits.error());
  lost_files_ = std::move(*files);
  lost_ = lost_files_;
  std::ranges::copy(*commits, std::back_inserter(lost_));
  if (lost_.empty() || order_.discards_local) return {};
  return refuse("backend_local_work", Facts{}.set("root", git_->root()).set("files", named(lost_)));
}

Result<void> Backend::look_at_changes() {
  auto commits = git_->between(before_, next_);
  if (!commits) return std::unexpected(commits.error());
  commits_ = std::move(*commits);
  const auto files = git_->changed_files(before_, next_);
  if (!files) return std::unexpected(files.error());
  has_new_requirements_ = std::ranges::any_of(*files, [&](const std::string& path) {
    return asks_for_packages(path) || git_->root() + "/" + path == config("REQUIREMENTS_FILE");
  });
  for (const std::string& path : *files) {
    if (is_migration(path)) migration_files_.push_back(path);
  }
  if (order_.restores_database && !(order_.back_to && order_.back_to->has_dump)) {
    return refuse("backend_no_dump");
  }
  return {};
}

Result<void> Backend::prepare(DeployJournal& journal) {
  journal.commit_before = before_;
  journal.commit_next = next_;
  stage_.progress.doing("backend_proving");
  if (auto laid = lay_worktree(); !laid) return laid;
  if (has_new_requirements_) {
    const auto file = requirements();
    if (!file) return std::unexpected(file.error());
    if (!git_->user().empty() && venv_.is_of_root()) {
      return refuse(
          "backend_foreign_venv",
          Facts{}.set("venv", config("VENV_DIR")).set("user", user_name_of(git_->user())));
    }
    if (auto installed = venv_.prepare(*file); !installed) {
      Facts facts = Facts{}.set("reason", installed.error().message);
      if (order_.back_to) {
        const std::string kept = packages_path(config("BACKUP_DIR"), *order_.back_to);
        if (std::filesystem::exists(kept)) facts.set("kept", kept);
      }
      return refuse("backend_not_installed", facts);
    }
    journal.venv = venv_.inode();
  }
  if (auto proven = prove_code(); !proven) return proven;
  stage_.progress.done("backend_proven", Facts{}.set("migrations", migrations_.size()));
  journal.migrations = migrations_;
  return keep_state(journal);
}

Result<void> Backend::lay_worktree() {
  if (auto removed = remove_tree(worktree_); !removed) return removed;
  if (auto forgotten = git_->forget_worktree(worktree_); !forgotten) return forgotten;
  TreeOwner owner{::geteuid(), ::getegid()};
  if (!git_->user().empty()) {
    const auto user = find_user(git_->user());
    if (!user) return std::unexpected(user.error());
    owner = {user->uid, user->gid};
  }
  if (auto made = make_owned_directory(worktree_, owner); !made) return made;
  return git_->add_worktree(worktree_, next_);
}

Result<std::string> Backend::requirements() const {
  const std::string named_one = config("REQUIREMENTS_FILE");
  std::vector<std::string> places{django_dir(worktree_) + "/requirements.txt",
                                  worktree_ + "/requirements.txt"};
  if (!named_one.empty()) {
    const auto inside = std::filesystem::path{named_one}.lexically_relative(git_->root());
    const bool is_ours = !inside.empty() && *inside.begin() != "..";
    places = {is_ours ? (worktree_ / inside).string() : named_one};
  }
  const auto found = std::ranges::find_if(places, [](const std::string& path) {
    std::error_code failed;
    return std::filesystem::is_regular_file(path, failed);
  });
  if (found != places.end()) return *found;
  return refuse("backend_no_requirements", Facts{}.set("files", named(places)));
}

// In a fresh interpreter, in the tree of the new code: a gunicorn whose workers cannot boot takes
// the site down.
Result<void> Backend::prove_code() {
  const std::string python = has_new_requirements_ ? venv_.next_python() : venv_.python();
  auto report = ask_site(site_, python, django_dir(worktree_), stage_.act.clock);
  if (!report) return std::unexpected(report.error());
  learn(*report);
  // A database that is replaced is not migrated.
  if (!order_.restores_database) migrations_ = std::move(report->pending);
  if (report->code.empty()) return {};
  return refuse(report->code, Facts{}.set("reason", censor().pass(report->reason)));
}

void Backend::learn(const SiteReport& report) {
  state_.set_database(report.database);
  static_root_ = report.static_root;
  secrets_ = report.secrets;
  secrets_.push_back(report.database.password);
}

// The commit, what is installed and, before anything touches the database, its dump. An environment
// without pip can be deployed to as long as its packages stay.
Result<void> Backend::keep_state(DeployJournal& journal) {
  const auto packages = venv_.packages();
  if (!packages) stage_.note(std::unexpected(packages.error()));
  auto kept = state_.keep({.made = stage_.act.clock.wall(),
                           .commit = before_,
                           .next = next_,
                           .migrations = migrations_,
                           .is_rollback = order_.back_to.has_value()},
                          *git_, lost_files_, packages.value_or(""));
  if (!kept) return std::unexpected(kept.error());
  journal.backup = std::move(*kept);
  if (order_.restores_database) journal.restored = order_.back_to->name;
  return {};
}

Result<void> Backend::manage(const std::string& python, const std::string& directory,
                             std::vector<std::string> arguments, const std::string& user) const {
  const std::string command = arguments.front();
  arguments.insert(arguments.begin(), {python, "manage.py"});
  ProcessRequest request = as_site(site_, std::move(arguments), directory);
  if (we_are_root()) request.user = user;
  request.timeout = migration_timeout;
  const auto result = run_process(request, stage_.act.clock);
  if (!result) return std::unexpected(result.error());
  if (result->ok()) return {};
  return refuse("backend_command_failed",
                Facts{}
                    .set("command", command)
                    .set("reason", censor().pass_last_line(result->errors, result->errors_cut)));
}

// As whoever owns the files, but never as root: it is the site's own code. Never --clear: the site
// serves them meanwhile.
Result<void> Backend::collect_static() const {
  if (static_root_.empty()) return {};
  const uid_t owner = owner_of_nearest(static_root_);
  return manage(venv_.python(), django_dir(git_->root()),
                {"collectstatic", "--noinput", "--verbosity=0"},
                owner == 0 ? site_.user : std::to_string(owner));
}

// Migrations run from the tree of the new code with its own packages, so that one that fails has
// changed nothing of the live ones; the service takes up the code at last.
Result<void> Backend::apply(const DeployJournal& journal) {
  was_changed_ = true;
  TakeUp way = way_to_take_up(stage_);
  if (!journal.restored.empty()) {
    if (auto restored = state_.replace_by(journal.restored); !restored) return restored;
    way = TakeUp::restart;
  } else if (!journal.migrations.empty()) {
    stage_.progress.doing("backend_migrating");
    const auto migrated =
        manage(journal.venv != 0 ? venv_.next_python() : venv_.python(), django_dir(worktree_),
               {"migrate", "--noinput", "--verbosity=0"}, site_.user);
    if (!migrated) return migrated;
    stage_.progress.done("backend_migrated", Facts{}.set("migrations", journal.migrations.size()));
  }
  if (journal.venv != 0) {
    if (auto exchanged = venv_.exchange_with_next(); !exchanged) return exchanged;
    stage_.progress.done("backend_installed");
    way = TakeUp::restart;  // gunicorn's master holds what it has imported of the old ones
  }
  stage_.progress.doing("backend_checking_out");
  if (auto changed = git_->reset(next_); !changed) return changed;
  if (auto synced = sync_file_system(git_->root()); !synced) return synced;
  if (auto collected = collect_static(); !collected) return collected;
  stage_.progress.done("backend_checked_out", Facts{}.set("commit", git_->short_name(next_)));
  stage_.progress.doing("backend_taking_up");
  if (auto taken = take_up(stage_, way); !taken) return taken;
  stage_.progress.done(way == TakeUp::reload ? "backend_reloaded" : "backend_restarted",
                       Facts{}.set("unit", config("BACKEND_SERVICE")));
  return {};
}

Result<void> Backend::undo(const DeployJournal& journal, Undo when) {
  if (auto opened = open(); !opened) return opened;
  if (journal.commit_before.empty()) {  // it was cut before it had prepared anything
    before_ = git_->commit_of("HEAD").value_or("");
    return {};
  }
  before_ = journal.commit_before;
  next_ = journal.commit_next;
  migrations_ = journal.migrations;
  const bool may_have_changed =
      when == Undo::in_time ? was_changed_ : journal.step != DeployStep::prepare;
  if (!may_have_changed) return {};
  TakeUp way = way_to_take_up(stage_);
  if (journal.venv != 0 && venv_.inode() != journal.venv) {
    if (auto exchanged = venv_.exchange_with_next(); !exchanged) return exchanged;
    way = TakeUp::restart;
  }
  if (auto back = git_->reset(before_); !back) return back;
  if (when == Undo::late) {
    const auto report = ask_site(site_, venv_.python(), django_dir(git_->root()), stage_.act.clock);
    if (report) learn(*report);
  }
  if (!journal.restored.empty()) way = TakeUp::restart;
  const auto put_back = state_.put_back(journal.backup, *git_);
  stage_.note(collect_static());
  auto taken = take_up(stage_, way);
  // What would not be reloaded may still start.
  if (!taken && way == TakeUp::reload) taken = take_up(stage_, TakeUp::restart);
  if (!taken) stage_.note(taken);  // the checks judge what it means
  stage_.progress.done("backend_back", Facts{}.set("commit", git_->short_name(before_)));
  // Not tried again by itself: the site goes on writing to what it has now.
  if (!put_back) {
    const Backup kept{.name = journal.backup};
    trouble_ = stage_.progress.phrase("backend_not_put_back",
                                      Facts{}
                                          .set("reason", put_back.error().message)
                                          .set("dump", dump_path(config("BACKUP_DIR"), kept)));
  }
  return {};
}

void Backend::clear() const {
  if (!git_) return;
  stage_.note(remove_tree(worktree_));
  stage_.note(git_->forget_worktree(worktree_));
  stage_.note(venv_.remove_next());
}

void Backend::settle(const DeployJournal& journal) {
  stage_.note(open());
  before_ = journal.commit_before;
  next_ = journal.commit_next;
  clear();
  stage_.note(state_.mark_succeeded(journal.backup));
}

void Backend::reject(const DeployJournal& /*journal*/, const std::string& /*reasons*/) {
  stage_.note(open());
  clear();
}

}  // namespace lectio
