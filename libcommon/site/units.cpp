#include "site/units.hpp"

#include <chrono>

namespace lectio {
namespace {

constexpr Milliseconds between_states{500};

bool is_up(const UnitState& state) {
  return state.active_state == "active" || state.active_state == "reloading" ||
         state.active_state == "refreshing";
}

bool is_settled(const UnitState& state) {
  if (state.active_state == "active") return true;
  const bool resting = state.active_state == "inactive" || state.active_state == "failed";
  return resting && state.job == 0;  // a job means that it is about to be started
}

// 0 when it was not the main process that failed (ExecStartPre).
bool has_exit_status(const UnitState& state) {
  if (state.exit_status == 0) return false;
  return state.result == "exit-code" || state.result == "signal" || state.result == "core-dump";
}

Facts facts_of(const std::string& unit, const UnitState& state) {
  Facts facts;
  facts.set("unit", unit).set("active_state", state.active_state).set("sub_state", state.sub_state);
  if (!state.unit_file_state.empty()) facts.set("unit_file_state", state.unit_file_state);
  if (!state.result.empty()) facts.set("result", state.result);
  if (has_exit_status(state)) facts.set("exit_status", state.exit_status);
  facts.set("restarts", state.restarts);
  if (state.main_pid != 0) facts.set("main_pid", state.main_pid);
  if (state.since_usec != 0) {
    facts.set("since", to_rfc3339(WallTime{std::chrono::microseconds{state.since_usec}}));
  }
  return facts;
}

std::string code_of_load(const UnitState& state) {
  if (state.load_state == "masked") return "unit_masked";
  return state.load_state == "not-found" ? "unit_not_found" : "unit_broken";
}

std::string code_of_rest(const UnitState& state) {
  if (!is_settled(state)) {
    if (state.sub_state.starts_with("auto-restart")) return "unit_restarting";
    return state.active_state == "deactivating" ? "unit_deactivating" : "unit_activating";
  }
  const bool failed =
      state.active_state == "failed" || (!state.result.empty() && state.result != "success");
  return failed ? "unit_failed" : "unit_stopped";
}

Finding judge_error(const std::string& unit, const Error& error) {
  Finding finding{Outcome::unknown, "systemd_unreachable", {}};
  if (error.kind == ErrorKind::io) finding.code = "no_systemd";
  finding.facts.set("unit", unit).set("error", error.message);
  return finding;
}

}  // namespace

Finding judge_unit(const std::string& unit, const Result<UnitState>& state) {
  if (!state) return judge_error(unit, state.error());
  const Facts facts = facts_of(unit, *state);
  if (state->load_state == "loaded" && state->active_state == "active") {
    return {Outcome::good, "unit_active", facts};
  }
  Finding finding{is_up(*state) ? Outcome::warning : Outcome::bad, {}, facts};
  finding.usable = is_up(*state);
  if (state->load_state != "loaded") {  // running or not, it cannot be started again
    finding.code = code_of_load(*state);
  } else {
    finding.code = is_up(*state) ? "unit_reloading" : code_of_rest(*state);
  }
  return finding;
}

Finding UnitProbe::look(const std::string& unit) {
  Result<UnitState> state = systemd_.unit(unit);
  const std::uint32_t restarts = state ? state->restarts : 0;
  while (state && !is_settled(*state) && patience_ >= between_states) {
    clock_.sleep(between_states);
    patience_ -= between_states;
    state = systemd_.unit(unit);
  }
  Finding finding = judge_unit(unit, state);
  // Once is a recovery; more, while we looked on, is a crash loop caught between two falls.
  if (finding.code == "unit_active" && state->restarts > restarts + 1) {
    finding.outcome = Outcome::bad;
    finding.code = "unit_restarting";
  }
  return finding;
}

}  // namespace lectio
