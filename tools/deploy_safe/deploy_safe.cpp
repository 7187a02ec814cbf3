#include "deploy_safe/deploy_safe.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>

#include "alert/catalogue.hpp"
#include "deploy_safe/backend.hpp"
#include "deploy_safe/backups.hpp"
#include "deploy_safe/deploy.hpp"
#include "deploy_safe/frontend.hpp"
#include "deploy_safe/git.hpp"
#include "deploy_safe/status.hpp"
#include "deploy_safe/stop.hpp"
#include "io/file.hpp"
#include "io/user.hpp"
#include "site/deploy_journal.hpp"
#include "site/deploy_lock.hpp"
#include "site/deploy_marker.hpp"
#include "tool/output.hpp"

namespace lectio {
namespace {

struct Orders {
  std::string command;
  std::string build_dir;
  std::string ref;
  std::string name;  // of a release or a backup
  bool of_backend = false;
  bool restores_database = false;
  bool discards_local = false;
  bool yes = false;
  int days = 0;
};

void declare(CLI::App& app, Orders& orders) {
  const auto add = [&](const char* name, const char* what) {
    CLI::App* const command = app.add_subcommand(name, what);
    command->callback([&orders, name] { orders.command = name; });
    return command;
  };
  const auto add_backend_flags = [&](CLI::App* command) {
    command->add_option("--ref", orders.ref, "Commit, tag or branch (default: DEPLOY_REF)");
    command->add_flag("--discard-local", orders.discards_local,
                      "Give up local changes of the code (kept as a patch in the backup)");
  };
  app.require_subcommand(1);
  app.fallthrough();
  app.add_flag("--yes", orders.yes, "Answer yes to questions");
  add("frontend", "Release a build of the frontend")
      ->add_option("BUILD_DIR", orders.build_dir, "The build, with its index.html")
      ->required();
  add_backend_flags(add("backend", "Release the code of the backend"));
  CLI::App* const full = add("full", "Release the backend and then the frontend, or neither");
  full->add_option("BUILD_DIR", orders.build_dir, "The build, with its index.html")->required();
  add_backend_flags(full);
  CLI::App* const rollback = add("rollback", "Go back to a release that has proven itself");
  rollback->add_option("NAME", orders.name,
                       "The release, or with --backend the backup (default: the newest)");
  rollback->add_flag("--backend", orders.of_backend, "The backend's code, as of before its deploy");
  rollback
      ->add_flag("--restore-db", orders.restores_database,
                 "Also the database: what was written since is given up")
      ->needs("--backend");
  add("recover", "End what a deploy that was killed has left");
  add("status", "Which release serves, which are kept, whether a deploy goes on");
  add("cleanup", "Remove releases and backups older than DAYS, and files that no page asks for")
      ->add_option("DAYS", orders.days, "Default: BACKUP_RETENTION_DAYS")
      ->check(CLI::Range(1, 3650));
}

// Whoever is root by sudo is still somebody.
std::string who() {
  const char* const sudo = std::getenv("SUDO_USER");
  return sudo != nullptr && *sudo != '\0' ? sudo : user_name(::getuid());
}

Result<Releases> releases(const Config& config) {
  const auto user = find_user(config.text("WEB_USER"));
  if (!user) return std::unexpected(user.error());
  return Releases{config.text("FRONTEND_BUILD"), TreeOwner{user->uid, user->gid}};
}

std::string busy(const Act& act) {
  Facts facts;
  if (const auto holder = deploy_lock_holder(act.config.text("STATE_DIR"))) {
    facts.set("what", holder->what)
        .set("who", holder->who)
        .set("pid", holder->pid)
        .set("since", to_rfc3339(holder->since));
  }
  return Catalogue::builtin().phrase("deploy_busy", act.lang, facts);
}

// False: nobody is there to ask, or the answer is no.
bool agrees(const Orders& orders, const std::string& question) {
  if (orders.yes) return true;
  if (::isatty(STDIN_FILENO) == 0 || !stdout_is_terminal()) return false;
  const std::string asked = question + " [y/N] ";
  std::fwrite(asked.data(), 1, asked.size(), stdout);
  std::fflush(stdout);
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes" || answer == "д" || answer == "да";
}

// The one that is named, or what there is to go back to.
Result<Backup> backup_to_go_back_to(const Stage& stage, const Orders& orders) {
  const auto all = list_backups(stage.act.config.text("BACKUP_DIR"));
  if (!all) return std::unexpected(all.error());
  const auto git = Git::open(stage.act.config.text("PROJECT_ROOT"), stage.act.clock);
  if (!git) return std::unexpected(git.error());
  const auto head = git->commit_of("HEAD");
  if (!head) return std::unexpected(head.error());
  const Backup* found = orders.restores_database ? newest_dump(*all) : way_back(*all, *head);
  if (!orders.name.empty()) {
    const auto named = std::ranges::find(*all, orders.name, &Backup::name);
    found = named == all->end() ? nullptr : &*named;
  }
  if (found != nullptr) return *found;
  return fail(ErrorKind::config,
              stage.progress.phrase("backend_no_such_backup", Facts{}.set("name", orders.name)));
}

class Commands {
 public:
  Commands(Act& act, const Orders& orders, Releases releases)
      : act_(act),
        orders_(orders),
        releases_(std::move(releases)),
        systemd_(make_systemd()),
        progress_(act.clock, act.lang),
        stage_{act, *systemd_, progress_} {}

  Result<int> run() {
    if (orders_.command == "recover") return recover();
    // Unfinished business first: what it left is no place to begin from.
    if (auto recovered = recover(); !recovered) return recovered;
    if (orders_.command == "cleanup") return clean_up();
    if (orders_.command == "rollback") return roll_back();
    Parts parts;
    if (orders_.command != "frontend") {
      const std::string ref = orders_.ref.empty() ? act_.config.text("DEPLOY_REF") : orders_.ref;
      parts.push_back(std::make_unique<Backend>(
          stage_, BackendOrder{.ref = ref, .discards_local = orders_.discards_local}));
    }
    if (orders_.command != "backend") {
      parts.push_back(std::make_unique<Frontend>(stage_, releases_, FromBuild{orders_.build_dir}));
    }
    return Deploy{stage_, orders_.command, who(), std::move(parts)}.run();
  }

 private:
  Result<int> recover() {
    const auto journal = read_deploy_journal(act_.config.text("STATE_DIR"));
    if (!journal) return std::unexpected(journal.error());
    if (act_.dry_run == DryRun::off) {
      if (auto removed = remove_dead_marker(act_.config.text("RUN_DIR")); !removed) {
        return std::unexpected(removed.error());
      }
      if (auto tidied = releases_.tidy(); !tidied) {
        // health_check started us, once: nobody reads what we print.
        if (*journal && orders_.command == "recover") {
          return Deploy{stage_, (*journal)->what, who(), {}}.cannot_recover(**journal,
                                                                            tidied.error());
        }
        return std::unexpected(tidied.error());
      }
    }
    if (!*journal) {
      // Before another command it is that one's verification that counts.
      return orders_.command == "recover" ? Deploy{stage_, "recover", who(), {}}.look() : 0;
    }
    Parts parts;
    const std::string& what = (*journal)->what;
    if (what != "frontend" && what != "rollback") {
      parts.push_back(std::make_unique<Backend>(stage_, BackendOrder{}));
    }
    if (what != "backend" && what != "rollback_backend") {
      parts.push_back(std::make_unique<Frontend>(stage_, releases_, LeftBehind{}));
    }
    return Deploy{stage_, (*journal)->what, who(), std::move(parts)}.recover(**journal);
  }

  Result<int> roll_back() {
    Parts parts;
    if (!orders_.of_backend) {
      parts.push_back(std::make_unique<Frontend>(stage_, releases_, BackTo{orders_.name}));
      return Deploy{stage_, "rollback", who(), std::move(parts)}.run();
    }
    auto backup = backup_to_go_back_to(stage_, orders_);
    if (!backup) return std::unexpected(backup.error());
    if (orders_.restores_database && act_.dry_run == DryRun::off) {
      const std::string question = progress_.phrase(
          "backend_ask_restore",
          Facts{}.set("name", backup->name).set("since", to_rfc3339(backup->made)));
      if (!agrees(orders_, question)) {
        return fail(ErrorKind::config, question + " " + progress_.phrase("deploy_say_yes"));
      }
    }
    parts.push_back(std::make_unique<Backend>(
        stage_, BackendOrder{.back_to = std::move(*backup),
                             .restores_database = orders_.restores_database}));
    return Deploy{stage_, "rollback_backend", who(), std::move(parts)}.run();
  }

  Result<int> clean_up() {
    const auto days = static_cast<int>(
        std::clamp<std::int64_t>(act_.config.integer("BACKUP_RETENTION_DAYS"), 1, 3650));
    const int age = orders_.days > 0 ? orders_.days : days;
    if (auto cleaned = clean_up_releases(stage_, releases_, age); !cleaned) {
      return std::unexpected(cleaned.error());
    }
    if (auto cleaned = clean_up_backups(stage_, age); !cleaned) {
      return std::unexpected(cleaned.error());
    }
    return 0;
  }

  Act& act_;
  const Orders& orders_;
  Releases releases_;
  std::unique_ptr<Systemd> systemd_;
  Progress progress_;
  Stage stage_;
};

Result<int> run(Act& act, const Orders& orders) {
  auto kept = releases(act.config);
  if (!kept) return std::unexpected(kept.error());
  if (orders.command == "status") return show_status(act, *kept);

  if (auto made = make_directory(act.config.text("RUN_DIR")); !made) {
    return std::unexpected(made.error());
  }
  const auto lock =
      try_deploy_lock(act.config.text("STATE_DIR"),
                      {.what = orders.command + (act.dry_run == DryRun::on ? " --dry-run" : ""),
                       .who = who(),
                       .since = act.clock.wall()});
  if (!lock) return std::unexpected(lock.error());
  if (!*lock) return fail(ErrorKind::config, busy(act));
  heed_stop_signals();
  return Commands{act, orders, std::move(*kept)}.run();
}

}  // namespace

Tool deploy_safe() {
  Tool tool;
  tool.name = "deploy_safe";
  tool.description = {
      "Деплой с проверкой и откатом: посетители ничего не замечают, мониторинг молчит",
      "Releases with verification and rollback: visitors notice nothing, the monitor is silent"};
  tool.examples =
      "deploy_safe frontend /home/deploy/frontend/build\n"
      "deploy_safe backend --dry-run\n"
      "deploy_safe full /home/deploy/frontend/build --ref v2.4\n"
      "deploy_safe rollback\n"
      "deploy_safe status";
  tool.deadline = std::chrono::hours{1};
  const auto orders = std::make_shared<Orders>();
  tool.add_flags = [orders](CLI::App& app) { declare(app, *orders); };
  tool.act = [orders](Act& act) { return run(act, *orders); };
  return tool;
}

}  // namespace lectio
