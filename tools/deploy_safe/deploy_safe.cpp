#include "deploy_safe/deploy_safe.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <memory>

#include "deploy_safe/frontend.hpp"
#include "deploy_safe/status.hpp"
#include "deploy_safe/stop.hpp"
#include "io/file.hpp"
#include "io/user.hpp"
#include "site/deploy_marker.hpp"

namespace lectio {
namespace {

struct Orders {
  std::string command;
  std::string build_dir;
  std::string release;
  int days = 0;
};

void declare(CLI::App& app, Orders& orders) {
  const auto add = [&](const char* name, const char* what) {
    CLI::App* const command = app.add_subcommand(name, what);
    command->callback([&orders, name] { orders.command = name; });
    return command;
  };
  app.require_subcommand(1);
  app.fallthrough();
  add("frontend", "Release a build of the frontend")
      ->add_option("BUILD_DIR", orders.build_dir, "The build, with its index.html")
      ->required();
  add("rollback", "Go back to a release that has proven itself")
      ->add_option("RELEASE", orders.release, "Its name (default: the newest proven one)");
  add("recover", "End what a deploy that was killed has left");
  add("status", "Which release serves, which are kept, whether a deploy goes on");
  add("cleanup", "Remove releases older than DAYS, and files that no open page asks for any more")
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

std::string busy(const Config& config) {
  const auto marker = read_deploy_marker(config.text("RUN_DIR"));
  if (!marker || !*marker || !(*marker)->alive.value_or(false)) {
    return "another deploy_safe is at work";
  }
  return fmt::format("another deploy is going on: {} ({}) since {}", (*marker)->what,
                     (*marker)->who, to_rfc3339((*marker)->since));
}

Result<int> run(Act& act, const Orders& orders) {
  auto kept = releases(act.config);
  if (!kept) return std::unexpected(kept.error());
  if (orders.command == "status") return show_status(act, *kept);

  const std::string run_dir = act.config.text("RUN_DIR");
  if (auto made = make_directory(run_dir); !made) return std::unexpected(made.error());
  const auto lock = try_lock(run_dir + "/deploy_safe.lock");
  if (!lock) return std::unexpected(lock.error());
  if (!*lock) return fail(ErrorKind::config, busy(act.config));
  heed_stop_signals();

  Frontend frontend{act, std::move(*kept), who()};
  if (orders.command == "recover") return frontend.recover();
  // Unfinished business first: what it left is no place to begin from.
  const auto left = read_deploy_journal(act.config.text("STATE_DIR"));
  if (!left) return std::unexpected(left.error());
  if (*left) {
    if (auto recovered = frontend.recover(); !recovered) return recovered;
  } else if (auto tidied = frontend.tidy(); !tidied) {
    return std::unexpected(tidied.error());
  }
  if (orders.command == "frontend") return frontend.deploy(orders.build_dir);
  if (orders.command == "rollback") return frontend.roll_back(orders.release);
  const auto days = static_cast<int>(
      std::clamp<std::int64_t>(act.config.integer("BACKUP_RETENTION_DAYS"), 1, 3650));
  return frontend.clean_up(orders.days > 0 ? orders.days : days);
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
      "deploy_safe frontend build --dry-run\n"
      "deploy_safe rollback\n"
      "deploy_safe status";
  tool.deadline = std::chrono::hours{1};
  const auto orders = std::make_shared<Orders>();
  tool.add_flags = [orders](CLI::App& app) { declare(app, *orders); };
  tool.act = [orders](Act& act) { return run(act, *orders); };
  return tool;
}

}  // namespace lectio
