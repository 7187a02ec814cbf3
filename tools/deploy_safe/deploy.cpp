#include "deploy_safe/deploy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "alert/catalogue.hpp"
#include "alert/message.hpp"
#include "deploy_safe/deploy_metrics.hpp"
#include "deploy_safe/stop.hpp"
#include "tool/alerting.hpp"

namespace lectio {
namespace {

constexpr Milliseconds between_rounds{1500};
constexpr int fewest_bad_rounds = 2;  // one slow answer condemns no release
constexpr Milliseconds longest_proof{120'000};

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, "; "));
}

}  // namespace

Deploy::Deploy(Stage stage, std::string what, std::string who, Parts parts)
    : stage_(stage),
      act_(stage.act),
      progress_(stage.progress),
      what_(std::move(what)),
      who_(std::move(who)),
      parts_(std::move(parts)),
      began_(act_.clock.boot()),
      verification_(act_.config, act_.http, stage.systemd, act_.clock, act_.lang),
      announcement_(act_) {}

Result<int> Deploy::run() {
  for (const auto& part : parts_) {
    if (auto can = part->inspect(); !can) return refuse(can.error().message);
  }
  if (act_.dry_run == DryRun::on) {
    progress_.say(progress_.phrase("deploy_would"));
    for (const auto& part : parts_) {
      for (const std::string& line : part->plan()) progress_.say("  " + line);
    }
    progress_.say("  " + progress_.phrase("deploy_would_verify"));
    return 0;
  }
  auto code = carry_out();
  leave_metrics(code.value_or(could_not_run));
  return code;
}

Result<int> Deploy::carry_out() {
  if (auto begun = begin(); !begun) return std::unexpected(begun.error());
  for (const auto& part : parts_) {
    if (auto ready = part->prepare(journal_); !ready) return give_up(ready.error().message);
    if (stop_asked()) return give_up(progress_.phrase("deploy_stopped"));
  }
  if (auto kept = step(DeployStep::swap); !kept) return give_up(kept.error().message);
  for (const auto& part : parts_) {
    if (auto done = part->apply(journal_); !done) {
      progress_.failed(done.error().message);
      return undo(done.error().message, {});
    }
  }
  // From here on the site has changed: whatever fails, it is judged, and put back if need be.
  stage_.note(step(DeployStep::verify));
  if (const std::string reasons = prove(true); !reasons.empty()) {
    return undo(reasons, stop_asked() ? std::string{} : reasons);
  }

  stage_.note(step(DeployStep::proven));
  for (const auto& part : parts_) part->settle(journal_);
  const Facts facts = Facts{}.set("now", now()).set("before", before());
  progress_.say(progress_.phrase("deploy_done", facts));
  announce("ended", "deploy_done", facts);
  stage_.note(end_journal());
  announcement_.deliver();
  return 0;
}

Result<void> Deploy::hold_marker(const std::string& what) {
  auto marker = HeldMarker::make(act_.config.text("RUN_DIR"), who_, what, act_.clock.wall());
  if (!marker) return std::unexpected(marker.error());
  marker_ = std::move(*marker);
  return {};
}

// The marker, how the site is before anything changes, the message, and the journal, which knows of
// the message before anybody can read it: whoever ends what is left of this deploy ends it too.
Result<void> Deploy::begin() {
  journal_.what = what_;
  journal_.who = who_;
  journal_.since = act_.clock.wall();
  if (auto held = hold_marker(what_); !held) return held;
  auto seen = baseline();
  if (!seen) return std::unexpected(seen.error());
  journal_.baseline = std::move(*seen);
  announce("begun", {}, {});
  journal_.message = announcement_.number();
  auto kept = step(DeployStep::prepare);
  if (!kept) fail("undone", "deploy_refused", Facts{}.set("reason", kept.error().message));
  announcement_.deliver();
  return kept;
}

Result<int> Deploy::undo(const std::string& reason, const std::string& verdict) {
  stage_.note(step(DeployStep::roll_back));
  progress_.doing("deploy_rolling_back");
  Facts facts = Facts{}.set("before", before()).set("reason", reason);
  Result<void> undone;
  for (const auto& part : parts_ | std::views::reverse) {
    if (auto done = part->undo(journal_, Undo::in_time); !done) undone = done;
  }
  if (!undone) {
    facts.set("still", undone.error().message);
    progress_.failed(progress_.phrase("deploy_cannot_roll_back", facts));
    fail("undone", "deploy_cannot_roll_back", facts);
    announcement_.deliver();
    return 2;  // the journal stays: recover tries again
  }
  for (const auto& part : parts_) part->reject(journal_, verdict);
  const std::string still = prove(false);
  if (still.empty()) {
    progress_.done("deploy_rolled_back", facts);
    fail("undone", "deploy_rolled_back", facts);
  } else {
    facts.set("still", still);
    set_advice(facts);
    progress_.failed(progress_.phrase("deploy_rolled_back_in_vain", facts));
    fail("undone", "deploy_rolled_back_in_vain", facts);
  }
  stage_.note(end_journal());
  announcement_.deliver();
  return 2;
}

Result<int> Deploy::recover(const DeployJournal& left) {
  const Facts whose = Facts{}.set("what", left.what).set("who", left.who);
  progress_.say(progress_.phrase("deploy_recovering", whose));
  if (act_.dry_run == DryRun::on) {
    plan_recovery(left);
    return 0;
  }
  if (auto held = hold_marker("recover"); !held) return std::unexpected(held.error());
  journal_ = left;
  announcement_.go_on_with(left.message);
  for (const auto& part : parts_ | std::views::reverse) {
    if (left.step == DeployStep::proven) {
      part->settle(left);
      continue;
    }
    if (auto done = part->undo(left, Undo::late); !done) return cannot_recover(left, done.error());
    part->reject(left, {});
  }
  const std::string reasons = prove(false);
  Facts end = Facts{whose}
                  .set("now", left.step == DeployStep::proven ? now() : before())
                  .set("reason", reasons);
  if (!reasons.empty()) set_advice(end);
  const auto* const key = reasons.empty() ? "deploy_recovered" : "deploy_recovered_in_vain";
  progress_.say(progress_.phrase(key, end));
  announcement_.fail(title("deploy_was_cut", end), lines(key, end));
  const auto ended = end_journal();
  announcement_.deliver();
  if (!ended) return std::unexpected(ended.error());
  leave_metrics(left.step == DeployStep::proven && reasons.empty() ? 0 : 2);
  return reasons.empty() ? 0 : 2;
}

std::unexpected<Error> Deploy::cannot_recover(const DeployJournal& left, const Error& error) {
  const Facts facts =
      Facts{}.set("what", left.what).set("who", left.who).set("still", error.message);
  announcement_.go_on_with(left.message);
  announcement_.fail(title("deploy_still_cut", facts), lines("deploy_cannot_recover", facts));
  announcement_.deliver();
  return std::unexpected(error);
}

void Deploy::plan_recovery(const DeployJournal& left) {
  progress_.say(progress_.phrase("deploy_would"));
  if (left.step == DeployStep::proven) {
    progress_.say("  " + progress_.phrase("deploy_would_settle"));
  } else {
    for (const auto& part : parts_ | std::views::reverse) {
      for (const std::string& line : part->plan_undo(left)) progress_.say("  " + line);
    }
  }
  progress_.say("  " + progress_.phrase("deploy_would_look"));
}

// There is no before to hold it against, and a moment's trouble is none.
Result<int> Deploy::look() {
  progress_.say(progress_.phrase("deploy_nothing_to_recover"));
  if (act_.dry_run == DryRun::on) return 0;
  std::vector<std::string> reasons;
  for (int looks = 0; looks == 0 || (looks < fewest_bad_rounds && !reasons.empty()); ++looks) {
    if (looks > 0) act_.clock.sleep(between_rounds);
    progress_.doing("deploy_verifying");
    const auto seen = verification_.look();
    if (!seen) return std::unexpected(seen.error());
    reasons = failing(*seen);
  }
  if (reasons.empty()) {
    progress_.done("deploy_serves_well");
    return 0;
  }
  progress_.failed(progress_.phrase("deploy_serves_badly", Facts{}.set("reason", joined(reasons))));
  return 2;
}

void Deploy::leave_metrics(int code) const {
  stage_.note(write_deploy_metrics(
      act_.config, {.began = journal_.since, .ended = act_.clock.wall(), .code = code}));
}

void Deploy::set_advice(Facts& facts) const {
  for (const auto& part : parts_) {
    if (const std::string advice = part->advice(journal_); !advice.empty()) {
      facts.set("advice", advice);
    }
  }
}

Result<void> Deploy::end_journal() const {
  return end_deploy_journal(act_.config.text("STATE_DIR"));
}

int Deploy::refuse(const std::string& reason) {
  const Facts facts = Facts{}.set("reason", reason);
  progress_.failed(progress_.phrase("deploy_refused", facts));
  // Before anything was begun only the person at the terminal needs to know.
  if (announcement_.begun()) fail("undone", "deploy_refused", facts);
  return 2;
}

Result<int> Deploy::give_up(const std::string& reason) {
  for (const auto& part : parts_) part->reject(journal_, {});
  const int code = refuse(reason);
  stage_.note(end_journal());
  announcement_.deliver();
  return code;
}

Result<void> Deploy::step(DeployStep step) {
  journal_.step = step;
  return write_deploy_journal(act_.config.text("STATE_DIR"), journal_);
}

// A moment's trouble does not lower what the release has to reach.
Result<std::map<std::string, Status>> Deploy::baseline() {
  progress_.doing("deploy_looking");
  auto first = verification_.look();
  if (!first) return std::unexpected(first.error());
  const auto is_bad = [](const auto& check) { return check.second.status != Status::ok; };
  if (std::ranges::any_of(*first, is_bad)) {
    act_.clock.sleep(between_rounds);
    const auto second = verification_.look();
    if (!second) return std::unexpected(second.error());
    for (const auto& [id, seen] : *second) {
      if (seen.status == Status::ok) (*first)[id] = seen;
    }
  }
  progress_.done(
      "deploy_looked",
      Facts{}.set("checks", first->size()).set("bad", std::ranges::count_if(*first, is_bad)));
  return statuses(*first);
}

std::vector<std::string> Deploy::flaws() {
  std::vector<std::string> reasons;
  for (const auto& part : parts_) {
    if (std::string missing = part->missing(); !missing.empty()) {
      reasons.push_back(std::move(missing));
    }
  }
  const auto seen = verification_.look();
  if (!seen) return {seen.error().message};
  std::ranges::move(worse(journal_.baseline, *seen), std::back_inserter(reasons));
  return reasons;
}

std::string Deploy::prove(bool heeds_stop) {
  const auto rounds =
      static_cast<int>(std::clamp<std::int64_t>(act_.config.integer("DEPLOY_ROUNDS"), 1, 20));
  const Deadline deadline{act_.clock, longest_proof};
  int good = 0;
  int bad = 0;
  while (good < rounds) {
    if (heeds_stop && stop_asked()) return progress_.phrase("deploy_stopped");
    if (good + bad > 0) act_.clock.sleep(between_rounds);
    progress_.doing("deploy_verifying");
    const std::string reasons = joined(flaws());
    good = reasons.empty() ? good + 1 : 0;
    bad = reasons.empty() ? 0 : bad + 1;
    if (reasons.empty()) {
      progress_.done("deploy_round_good", Facts{}.set("round", good).set("rounds", rounds));
    } else {
      progress_.failed(reasons);
      if (bad >= std::max(rounds, fewest_bad_rounds) || deadline.passed()) return reasons;
    }
  }
  return {};
}

std::string Deploy::now() const {
  std::vector<std::string> words;
  for (const auto& part : parts_) words.push_back(part->now());
  return joined(words);
}

std::string Deploy::before() const {
  std::vector<std::string> words;
  for (const auto& part : parts_) words.push_back(part->before());
  return joined(words);
}

std::vector<std::string> Deploy::lines(std::string_view key, const Facts& facts) const {
  const MessageStyle style = message_style(act_.config);
  const WallTime now = act_.clock.wall();
  std::vector<std::string> lines;
  if (!key.empty()) lines.push_back(Catalogue::builtin().phrase(key, style.lang, facts));
  for (const auto& part : parts_) std::ranges::copy(part->details(), std::back_inserter(lines));
  const auto took = std::chrono::duration_cast<std::chrono::seconds>(act_.clock.boot() - began_);
  const std::string duration =
      key.empty() ? std::string{}
                  : fmt::format(" · {} {}", took.count(),
                                Catalogue::builtin().phrase("deploy_seconds", style.lang, {}));
  lines.push_back(
      fmt::format("{} · {} · {}{}", time_text(now, now, style), who_, style.host, duration));
  return lines;
}

std::string Deploy::title(std::string_view key, const Facts& facts) const {
  const MessageStyle style = message_style(act_.config);
  return Catalogue::builtin().phrase(key, style.lang, Facts{facts}.set("site", style.site));
}

void Deploy::announce(std::string_view state, std::string_view key, const Facts& facts) {
  announcement_.show(title(fmt::format("{}_{}", what_, state), facts), lines(key, facts));
}

void Deploy::fail(std::string_view state, std::string_view key, const Facts& facts) {
  announcement_.fail(title(fmt::format("{}_{}", what_, state), facts), lines(key, facts));
}

}  // namespace lectio
