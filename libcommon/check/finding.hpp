// What a probe finds, and what the runner makes of it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/facts.hpp"
#include "base/severity.hpp"
#include "base/text.hpp"

namespace lectio {

// `good` or `bad` of a yes/no probe; `warning` or `critical` of one with
// thresholds; `unknown`: the probe could not tell; `skipped`: what it needs failed
// or does not apply.
enum class Outcome { good, bad, warning, critical, unknown, skipped };

// A probe knows neither its severity nor whether anyone will be told.
struct Finding {
  Outcome outcome = Outcome::good;
  // What was seen: a key of the catalogue's observations ("unit_failed"), stable
  // for scripts; published as `cause` when it is not well.
  std::string code;
  Facts facts;
  // Lower than the check's own because of what was seen (never raises it).
  std::optional<Severity> severity = std::nullopt;
  // Where the probe knows better than the runner's stopwatch (it ran beside others).
  std::optional<Milliseconds> took = std::nullopt;
  // A warning that is one only until so many runs in a row have seen it, then critical, and
  // told only then; 0: never.
  int critical_after = 0;
  // A warning that leaves there what others need: they run.
  bool usable = false;
};

// A check as listed: what it is called and how it hangs together with others.
struct CheckInfo {
  std::string id;
  Severity severity = Severity::high;
  std::vector<std::string> needs = {};         // ids that must be met before it runs
  std::vector<std::string> explained_by = {};  // ids, of any tool, that would cause its failure
  Texts texts = {};                            // empty: the catalogue has them
  int confirm_runs = 0;  // bad runs in a row before it is told; 0: by status and period
  // What it sees has happened, and is over: told once, and never well again.
  bool is_event = false;
};

bool meets_need(const Finding& finding);

struct Verdict {
  std::string id;
  Status status = Status::ok;
  Severity severity = Severity::high;
  std::string code;
  Facts facts;
  Milliseconds took{0};
  std::vector<std::string> explained_by;
  int confirm_runs = 0;    // as CheckInfo has it
  int critical_after = 0;  // as Finding has it
  bool is_event = false;   // as CheckInfo has it
  int times = 0;           // an event's: how often it has happened; 0: each is told by itself
  std::string root;        // id of the verdict of this run that explains this one; empty: itself
  Texts texts;
};

// A failed yes/no check is critical if its severity is, else a warning.
Verdict judge(const CheckInfo& check, Finding finding, Milliseconds took);

// Fills Verdict::root: follows `explained_by` (and skipped checks' needs) to the
// deepest verdict of this run that is not well.
void find_roots(std::vector<Verdict>& verdicts);

Status overall(const std::vector<Verdict>& verdicts);

}  // namespace lectio
