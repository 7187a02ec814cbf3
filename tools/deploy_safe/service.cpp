#include "deploy_safe/service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "alert/catalogue.hpp"
#include "io/file.hpp"
#include "io/procfs.hpp"
#include "site/units.hpp"
#include "site/warm_up.hpp"
#include "site/workers.hpp"
#include "tool/output.hpp"

namespace lectio {
namespace {

constexpr Milliseconds between_looks{200};
constexpr std::uint32_t most_falls = 3;           // systemd starts it again and again
constexpr Milliseconds longest_job{100'000};      // above systemd's own 90 s
constexpr Milliseconds longest_boot{90'000};      // of the new workers
constexpr Milliseconds longest_farewell{60'000};  // of the old ones: gunicorn's graceful time-out
constexpr Milliseconds longest_warm_up{30'000};

std::string backend(const Stage& stage) { return stage.act.config.text("BACKEND_SERVICE"); }

std::set<pid_t> workers_now(const Stage& stage) {
  return living_workers(backend(stage), stage.systemd, Procfs{});
}

// On the command line, in the environment, or in the configuration file that gunicorn reads.
bool preloads(const Stage& stage) {
  const auto state = stage.systemd.unit(backend(stage));
  if (!state || state->main_pid == 0) return false;
  const auto arguments = Procfs{}.command_line(state->main_pid);
  if (!arguments) return false;
  std::string file = "gunicorn.conf.py";
  for (std::size_t i = 0; i < arguments->size(); ++i) {
    const std::string& argument = (*arguments)[i];
    if (argument == "--preload") return true;
    if ((argument == "-c" || argument == "--config") && i + 1 < arguments->size()) {
      file = (*arguments)[i + 1];
    }
    if (argument.starts_with("--config=")) file = argument.substr(argument.find('=') + 1);
  }
  if (file.starts_with("file:")) file.erase(0, std::string_view{"file:"}.size());
  const std::string proc = fmt::format("/proc/{}/", state->main_pid);
  const auto environment = read_file(proc + "environ");
  const auto settings = read_file(file.starts_with('/') ? file : proc + "cwd/" + file);
  return (environment && environment->contains("--preload")) ||
         (settings && settings->contains("preload_app"));
}

Result<UnitState> wait_for_job(const Stage& stage) {
  const Deadline deadline{stage.act.clock, longest_job};
  while (true) {
    auto state = stage.systemd.unit(backend(stage));
    if (!state || state->job == 0 || deadline.passed()) return state;
    stage.act.clock.sleep(between_looks);
  }
}

// In the catalogue's words, as health_check would say it.
std::string words_of(const Stage& stage, const CheckInfo& check, const Finding& finding) {
  const Verdict verdict = judge(check, finding, Milliseconds{0});
  return Catalogue::builtin().tell(verdict, stage.act.lang, names_of(stage.act.config)).summary;
}

Result<void> wait_for_workers(const Stage& stage, const std::set<pid_t>& old,
                              std::uint32_t restarts) {
  Act& act = stage.act;
  const Deadline boot{act.clock, longest_boot};
  const Deadline farewell{act.clock, longest_boot + longest_farewell};
  std::optional<int> wanted;
  if (act.config.is_set("BACKEND_WORKERS")) {
    wanted = static_cast<int>(act.config.integer("BACKEND_WORKERS"));
  }
  while (true) {
    const auto state = stage.systemd.unit(backend(stage));
    const Finding unit = judge_unit(backend(stage), state);
    const std::set<pid_t> now = workers_now(stage);
    const bool old_remain = std::ranges::any_of(now, [&](pid_t pid) { return old.contains(pid); });
    // Counted in one look: gunicorn replaces a worker that falls, and falls itself in the end.
    const Finding workers =
        probe_workers(backend(stage), wanted, stage.systemd, Procfs{}, act.clock);
    if (unit.outcome == Outcome::good && workers.outcome == Outcome::good && !old_remain) return {};
    const bool fell = unit.code == "unit_failed" || unit.code == "unit_stopped" ||
                      (state && state->restarts >= restarts + most_falls);
    if (fell || boot.passed()) {
      if (unit.outcome != Outcome::good) {
        return fail(ErrorKind::io, words_of(stage, {.id = "backend_service"}, unit));
      }
      if (workers.outcome != Outcome::good) {
        return fail(ErrorKind::io, words_of(stage, {.id = "workers"}, workers));
      }
    }
    if (farewell.passed()) {
      return fail(ErrorKind::timeout, stage.progress.phrase("backend_old_workers"));
    }
    act.clock.sleep(between_looks);
  }
}

}  // namespace

TakeUp way_to_take_up(const Stage& stage) {
  const std::string way = stage.act.config.text("BACKEND_RELOAD");
  if (way == "restart") return TakeUp::restart;
  const auto state = stage.systemd.unit(backend(stage));
  const bool can = state && state->can_reload && state->active_state == "active";
  if (!can) return TakeUp::restart;
  return way == "auto" && preloads(stage) ? TakeUp::restart : TakeUp::reload;
}

Result<void> take_up(const Stage& stage, TakeUp way) {
  Act& act = stage.act;
  const std::set<pid_t> old = workers_now(stage);
  const auto order = way == TakeUp::reload ? UnitOrder::reload : UnitOrder::restart;
  if (auto ordered = stage.systemd.order(order, backend(stage)); !ordered) return ordered;
  const auto state = wait_for_job(stage);
  if (!state) return std::unexpected(state.error());
  if (way == TakeUp::reload && state->reload_result != "success") {
    return fail(ErrorKind::io,
                stage.progress.phrase(
                    "backend_not_reloaded",
                    Facts{}.set("unit", backend(stage)).set("result", state->reload_result)));
  }
  auto come = wait_for_workers(stage, old, state->restarts);
  if (come) {
    const Deadline deadline{act.clock, longest_warm_up};
    warm_up(act.config, {act.http, stage.systemd, Procfs{}, act.clock, deadline});
  }
  return come;
}

Result<void> stop_backend(const Stage& stage) {
  if (auto ordered = stage.systemd.order(UnitOrder::stop, backend(stage)); !ordered) return ordered;
  const auto state = wait_for_job(stage);
  if (!state) return std::unexpected(state.error());
  if (state->main_pid == 0) return {};
  return fail(ErrorKind::timeout,
              stage.progress.phrase("backend_not_stopped", Facts{}.set("unit", backend(stage))));
}

}  // namespace lectio
