#include "health_check/remedies.hpp"

#include <algorithm>

#include "check/redactor.hpp"
#include "io/file.hpp"
#include "io/filesystem.hpp"
#include "io/process.hpp"
#include "io/procfs.hpp"
#include "io/tree.hpp"
#include "io/user.hpp"
#include "site/build.hpp"
#include "site/site_request.hpp"
#include "site/warm_up.hpp"
#include "tool/alerting.hpp"

namespace lectio {
namespace {

constexpr Milliseconds between_looks{200};
constexpr Milliseconds for_another_look{15'000};
constexpr Milliseconds longest_warm_up{15'000};

Result<TreeOwner> web_owner(const Config& config) {
  const auto user = find_user(config.text("WEB_USER"));
  if (!user) return std::unexpected(user.error());
  return TreeOwner{user->uid, user->gid};
}

}  // namespace

Result<void> Remedies::restart(const std::string& unit) const {
  if (unit == config_.text("NGINX_SERVICE")) {
    if (auto sound = test_nginx(); !sound) return sound;
  }
  if (auto ordered = run_.systemd.order(UnitOrder::restart, unit); !ordered) return ordered;
  while (run_.deadline.left() > for_another_look) {
    const auto state = run_.systemd.unit(unit);
    if (!state) return std::unexpected(state.error());
    if (state->job == 0) break;
    run_.clock.sleep(between_looks);
  }
  const Milliseconds left = run_.deadline.left();
  if (unit == config_.text("BACKEND_SERVICE") && left > for_another_look) {
    const Deadline deadline{run_.clock, std::min(left - for_another_look, longest_warm_up)};
    warm_up(config_, {run_.http, run_.systemd, Procfs{}, run_.clock, deadline});
  }
  return {};  // the next run sees what became of it
}

// A configuration with an error would not come up again.
Result<void> Remedies::test_nginx() const {
  const auto result = run_process({.argv = {"/usr/sbin/nginx", "-t", "-q"},
                                   .environment = {"PATH=/usr/sbin:/usr/bin"},
                                   .timeout = std::chrono::seconds{10}},
                                  run_.clock);
  if (!result) return std::unexpected(result.error());
  if (result->ok()) return {};
  Redactor redactor;
  return fail(ErrorKind::config,
              "nginx -t: " + redactor.clean(result->errors.substr(0, result->errors.find('\n'))));
}

Result<void> Remedies::own_build() const {
  const auto owner = web_owner(config_);
  if (!owner) return std::unexpected(owner.error());
  return own_tree(config_.text("FRONTEND_BUILD"), *owner);
}

Result<void> Remedies::put_release_back() const {
  const auto owner = web_owner(config_);
  if (!owner) return std::unexpected(owner.error());
  const Releases kept{config_.text("FRONTEND_BUILD"), *owner};
  if (auto tidied = kept.tidy(); !tidied) return tidied;
  return swap_in_whole_release(kept);
}

Result<void> Remedies::swap_in_whole_release(const Releases& kept) const {
  const std::vector<std::string> hosts = own_hosts(config_);
  if (probe_build(kept.build(), hosts).outcome == Outcome::good) return {};
  const auto all = kept.list();
  if (!all) return std::unexpected(all.error());
  const auto whole = std::ranges::find_if(*all, [&](const Release& release) {
    return release.state == ReleaseState::proven &&
           probe_build(kept.tree(release), hosts).outcome == Outcome::good;
  });
  if (whole == all->end()) {
    return fail(ErrorKind::config, alert_phrase(config_, "repair_no_release",
                                                Facts{}.set("directory", kept.directory())));
  }
  if (auto there = make_directory(kept.build(), 0755); !there) return there;
  auto broken = kept.adopt(run_.clock.wall());
  if (!broken) return std::unexpected(broken.error());
  const auto swapped = kept.swap(*whole, *broken);
  if (!swapped) return std::unexpected(swapped.error());
  broken->state = ReleaseState::bad;
  broken->reason = alert_phrase(config_, "repair_broken_release");
  return kept.save(*broken);
}

Result<void> Remedies::recover() const {
  const std::string instance = config_.text("INSTANCE");
  const std::string unit = "lectio-recover" + (instance.empty() ? "" : "-" + instance);
  const auto result = run_process(
      {.argv = {"/usr/bin/systemd-run", "--quiet", "--collect", "--unit=" + unit,
                "--setenv=INSTANCE=" + instance, "--setenv=STATE_DIR=" + config_.text("STATE_DIR"),
                "--setenv=RUN_DIR=" + config_.text("RUN_DIR"), program_directory() + "/deploy_safe",
                "--config", config_.path(), "recover"},
       .environment = {"PATH=/usr/sbin:/usr/bin"},
       .timeout = std::chrono::seconds{10}},
      run_.clock);
  if (!result) return std::unexpected(result.error());
  if (result->ok()) return {};
  return fail(ErrorKind::io, "systemd-run: " + Redactor{}.clean(result->errors));
}

}  // namespace lectio
