#include "health_check/repair.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <functional>
#include <optional>

#include "alert/catalogue.hpp"
#include "alert/suppression.hpp"
#include "health_check/remedies.hpp"
#include "health_check/repair_budget.hpp"
#include "io/file.hpp"
#include "io/procfs.hpp"
#include "io/user.hpp"
#include "site/deploy_journal.hpp"
#include "site/deploy_lock.hpp"
#include "site/health_checks.hpp"
#include "tool/alerting.hpp"
#include "tool/deploy_now.hpp"
#include "tool/output.hpp"

namespace lectio {
namespace {

constexpr Milliseconds after_boot{120'000};

// One fault and its remedy.
struct Rung {
  std::string fault;  // the id of the check that sees it
  std::string words;  // what is done
  std::function<Result<void>()> act;
  int runs = 1;          // in a row that must have seen it
  bool is_once = false;  // whoever is asked to do it tells of it himself
};

const Verdict* find(const std::vector<Verdict>& verdicts, std::string_view id) {
  const auto found = std::ranges::find(verdicts, id, &Verdict::id);
  return found == verdicts.end() ? nullptr : &*found;
}

// Nobody listens, or nothing comes. An error that it answers is not mended by a restart.
bool is_no_answer(std::string_view code) {
  constexpr std::array<std::string_view, 4> codes{"refused", "timeout", "reset", "unreachable"};
  return std::ranges::find(codes, code) != codes.end();
}

// For who asks what would be done.
void say_why_not(Run& run, const std::vector<Verdict>& found, const std::string& reason) {
  if (run.dry_run == DryRun::off || overall(found) == Status::ok) return;
  run.notes.push_back(alert_phrase(run.config, "repair_would_not", Facts{}.set("reason", reason)));
}

class Ladder {
 public:
  Ladder(Run& run, const std::vector<Verdict>& found)
      : run_(run), config_(run.config), found_(found), now_(run.clock.wall()), remedies_(run) {}

  Mended mend() {
    Mended mended{found_, {}};
    const std::vector<Rung> rungs = rungs_for_what_was_found();
    auto records = load_faults(config_.text("STATE_DIR"));
    if (!records) {
      if (!rungs.empty()) run_.notes.push_back(records.error().message);
      return mended;
    }
    const FaultRecords before = *records;
    std::vector<std::string> faults;
    for (const Rung& rung : rungs) faults.push_back(rung.fault);
    see(*records, faults, now_);
    std::vector<const Rung*> due = due_of(rungs, *records, mended.verdicts);
    // A deploy that begins while we work would find its files moved.
    std::optional<Fd> lock;
    if (!due.empty() && !due.front()->is_once && run_.dry_run == DryRun::off) {
      auto taken =
          try_deploy_lock(config_.text("STATE_DIR"),
                          {.what = "repair", .who = "health_check", .since = run_.clock.wall()});
      if (!taken) run_.notes.push_back(taken.error().message);
      if (!taken || !*taken) return mended;
      lock = std::move(*taken);
    }
    if (run_.dry_run == DryRun::on) {
      for (const Rung* rung : due) note("repair_would", *rung);
      for (const std::string& why : left_) say_why_not(run_, found_, why);
      if (rungs.empty()) say_why_not(run_, found_, phrase("repair_no_remedy", {}));
      return mended;
    }
    // Counted before it is done: one that is killed in the middle has had its attempt.
    for (const Rung* rung : due) count_attempt(*record_of(*records, rung->fault), now_);
    if (*records != before) {
      if (auto saved = save_faults(config_.text("STATE_DIR"), *records); !saved) {
        run_.notes.push_back(saved.error().message);
        return mended;
      }
    }
    if (!due.empty()) act(due, *records, mended);
    return mended;
  }

 private:
  std::string phrase(std::string_view key, const Facts& facts) const {
    return alert_phrase(config_, key, facts);
  }
  std::string phrase_of(std::string_view key, const Rung& rung) const {
    return phrase(key, Facts{}.set("action", rung.words));
  }
  void note(std::string_view key, const Rung& rung) const {
    run_.notes.push_back(phrase_of(key, rung));
  }

  // What may be done now and nobody wants left alone.
  std::vector<const Rung*> due_of(const std::vector<Rung>& rungs, FaultRecords& records,
                                  std::vector<Verdict>& verdicts) {
    std::vector<const Rung*> due;
    for (const Rung& rung : rungs) {
      if (is_due(rung, *record_of(records, rung.fault), verdicts)) due.push_back(&rung);
    }
    if (due.empty()) return {};
    const auto mutes = mutes_without_repair();
    if (!mutes) {  // nobody can tell
      left_.push_back(mutes.error().message);
      return {};
    }
    std::erase_if(due, [&](const Rung* rung) {
      const bool is_muted = std::ranges::any_of(
          *mutes, [&](const Mute& mute) { return covers(mute.check, rung->fault); });
      if (is_muted) left_.push_back(phrase_of("repair_muted", *rung));
      return is_muted;
    });
    const auto once = std::ranges::find_if(due, &Rung::is_once);
    if (once != due.end()) return {*once};  // it will put right what the deploy has left
    return due;
  }

  // `alerts mute --no-repair`, as long as they last.
  Result<std::vector<Mute>> mutes_without_repair() const {
    const Instant at = instant_now(run_.clock);
    auto book = read_book(book_places(config_), at);
    if (!book) return std::unexpected(book.error());
    const Now now = now_of(*book, at.wall, at.boot, at.boot_id);
    std::erase_if(book->mutes,
                  [&](const Mute& mute) { return !mute.no_repair || mute.until <= now.tick; });
    return std::move(book->mutes);
  }

  std::vector<Rung> rungs_for_what_was_found() {
    std::vector<Rung> rungs;
    if (auto left = recovery()) rungs.push_back(std::move(*left));
    for (const Verdict& verdict : found_) {
      const bool is_unit = verdict.id == "backend_service" || verdict.id == "nginx_service" ||
                           verdict.id.starts_with("unit:");
      if (is_unit && has_fallen(verdict)) rungs.push_back(restart(verdict.id));
      if (verdict.id == "build_permissions" && verdict.code == "permission_denied") {
        rungs.push_back({verdict.id,
                         phrase("repair_own", Facts{}.set("build", config_.text("FRONTEND_BUILD"))),
                         [this] { return remedies_.own_build(); }});
      }
      if (verdict.id == "build" && verdict.status != Status::ok &&
          verdict.code != "build_unreadable") {
        rungs.push_back({verdict.id, phrase("repair_release", {}),
                         [this] { return remedies_.put_release_back(); }});
      }
    }
    if (backend_is_deaf()) rungs.push_back(restart_deaf("backend_service", "backend"));
    const Verdict* const page = find(found_, "public_page");
    if (page != nullptr && page->code == "nginx_silent") {
      rungs.push_back(restart_deaf("nginx_service", "public_page"));
    }
    return rungs;
  }

  // A deploy that was killed. In a unit of its own: it outlives this run.
  std::optional<Rung> recovery() {
    const auto journal = read_deploy_journal(config_.text("STATE_DIR"));
    if (!journal) run_.notes.push_back(journal.error().message);
    if (!journal || !*journal) return std::nullopt;
    const auto since =
        std::chrono::duration_cast<Milliseconds>((*journal)->since.time_since_epoch());
    return Rung{fmt::format("deploy:{}", since.count()), phrase("repair_recover", {}),
                [this] { return remedies_.recover(); }, 1, true};
  }

  // By itself. One that somebody stopped after its fall is inactive; a job that runs once and fails
  // is no service that is down; and a database is never ours to touch.
  bool has_fallen(const Verdict& verdict) const {
    const FactValue* const state = verdict.facts.find("active_state");
    if (verdict.code != "unit_failed" || state == nullptr || to_text(*state) != "failed")
      return false;
    const std::string unit = unit_of(verdict.id);
    if (is_database(unit)) return false;
    const auto settings = run_.systemd.settings(unit);
    if (!settings || settings->type == "oneshot") return false;
    const auto seen = run_.systemd.unit(unit);
    return seen && !(seen->was_active && was_told_to_end(*seen));
  }

  // It did not end in the time that it was given, or says what Java and Node say of a SIGTERM.
  static bool was_told_to_end(const UnitState& unit) {
    constexpr std::int32_t ended_by_sigterm = 128 + SIGTERM;
    return unit.result == "timeout" ||
           (unit.result == "exit-code" && unit.exit_status == ended_by_sigterm);
  }

  // Active as systemd sees it, but nobody answers; a busy database would be no reason.
  bool backend_is_deaf() const {
    const Verdict* const unit = find(found_, "backend_service");
    const Verdict* const backend = find(found_, "backend");
    if (unit == nullptr || unit->code != "unit_active") return false;
    return backend != nullptr && backend->status != Status::ok && is_no_answer(backend->code);
  }

  std::string unit_of(const std::string& id) const {
    if (id == "backend_service") return config_.text("BACKEND_SERVICE");
    if (id == "nginx_service") return config_.text("NGINX_SERVICE");
    return id.substr(std::string_view{"unit:"}.size());
  }

  Rung restart(const std::string& id) const {
    const std::string unit = unit_of(id);
    return {id, phrase("repair_restart", Facts{}.set("unit", unit)),
            [this, unit] { return remedies_.restart(unit); }};
  }

  // Active, but not answering: it may only have been busy in one run.
  Rung restart_deaf(const std::string& id, const std::string& fault) const {
    Rung rung = restart(id);
    rung.fault = fault;
    rung.runs = 2;
    return rung;
  }

  // What has no attempt left says so in its verdict.
  bool is_due(const Rung& rung, const FaultRecord& record, std::vector<Verdict>& verdicts) {
    const bool is_early = record.runs < rung.runs;
    if (is_early || (rung.is_once && record.streak > 0)) {
      left_.push_back(phrase_of(is_early ? "repair_waits" : "repair_begun", rung));
      return false;
    }
    const MayRepair may = may_repair(record, now_);
    if (may == MayRepair::yes) return true;
    left_.push_back(phrase_of(may == MayRepair::spent ? "repair_spent" : "repair_cooling", rung));
    say_in_verdict(rung, verdicts, left_.back());
    return false;
  }

  static void say_in_verdict(const Rung& rung, std::vector<Verdict>& verdicts,
                             const std::string& words) {
    const auto verdict = std::ranges::find(verdicts, rung.fault, &Verdict::id);
    if (verdict != verdicts.end()) verdict->facts.set("repair", words);
  }

  void act(const std::vector<const Rung*>& due, FaultRecords& records, Mended& mended) const {
    std::vector<std::pair<const Rung*, Result<void>>> done;
    done.reserve(due.size());
    for (const Rung* rung : due) done.emplace_back(rung, rung->act());
    const std::vector<Verdict> now = look_again();
    mended.verdicts = now;
    for (const auto& [rung, result] : done) {
      if (rung->is_once && result) {
        note("repair_begun", *rung);
        continue;
      }
      const Verdict* const after = find(now, rung->fault);
      const bool is_well = result && after != nullptr && after->status == Status::ok;
      if (!is_well) {
        const std::string reason = result ? std::string{} : result.error().message;
        const std::string words =
            phrase("repair_failed", Facts{}.set("action", rung->words).set("reason", reason));
        say_in_verdict(*rung, mended.verdicts, words);
        run_.notes.push_back(words);
        if (rung->is_once) mended.events.push_back(loud_event(words));
        continue;
      }
      note("repair_done", *rung);
      const Verdict* const was = find(found_, rung->fault);
      if (was != nullptr) {
        mended.events.push_back(event_of(*rung, *was, *record_of(records, rung->fault)));
      }
    }
  }

  // What there is no time left for, or what the run itself added, is as it was found.
  std::vector<Verdict> look_again() const {
    std::vector<Verdict> now =
        run_health_checks(config_, run_.selected,
                          {run_.http, run_.systemd, Procfs{}, run_.clock, run_.deadline,
                           spent_marker(config_, run_.clock)});
    for (Verdict& verdict : now) {
      const Verdict* const was = find(found_, verdict.id);
      if (verdict.code == "deadline" && was != nullptr) verdict = *was;
    }
    for (const Verdict& verdict : found_) {
      if (find(now, verdict.id) == nullptr) now.push_back(verdict);
    }
    return now;
  }

  // Of what no check looks at.
  Problem loud_event(const std::string& words) const {
    Problem event;
    event.id = "recover";
    event.severity = Severity::high;
    event.status = Status::warning;
    event.texts.title = phrase("repair_no_recovery", {});
    event.texts.summary = words;
    return event;
  }

  // Told quietly; with sound when it is the third within the hour.
  Problem event_of(const Rung& rung, const Verdict& was, const FaultRecord& record) const {
    const Lang lang = alert_language(config_);
    const ToldVerdict told = Catalogue::builtin().tell(was, lang, names_of(config_));
    const int times = recent_attempts(record, now_);
    const bool is_loud = times >= attempts_in_a_row;
    Problem event;
    event.id = was.id;
    event.severity = is_loud ? Severity::high : Severity::medium;
    event.status = Status::warning;
    event.texts.title = phrase("repair_title", Facts{}.set("title", told.title));
    event.texts.summary =
        phrase("repair_told", Facts{}.set("summary", told.summary).set("action", rung.words));
    event.texts.repair = rung.words;
    if (is_loud) event.texts.summary += "\n" + phrase("repair_often", Facts{}.set("times", times));
    return event;
  }

  Run& run_;
  const Config& config_;
  const std::vector<Verdict>& found_;
  WallTime now_;
  Remedies remedies_;
  std::vector<std::string> left_;  // why what has a remedy is left alone
};

// Why nothing may be mended now, whatever it is; empty when it may.
std::string hindrance(const Run& run) {
  const auto phrase = [&](std::string_view key) { return alert_phrase(run.config, key, {}); };
  if (run.config.text("RECOVERY") == "off") return "RECOVERY=off";
  if (run.config.text("ALERTS") == "off") return "ALERTS=off";  // nobody would hear of it
  if (!we_are_root()) return phrase("repair_not_root");
  if (run.clock.boot() < BootTime{after_boot}) return phrase("repair_after_boot");
  const auto deploy = deploy_under_way(run.config, run.clock);
  if (!deploy) return deploy.error().message;
  return *deploy ? phrase("repair_deploy") : std::string{};
}

}  // namespace

Mended repair(Run& run, const std::vector<Verdict>& found) {
  const std::string reason = hindrance(run);
  if (reason.empty()) return Ladder{run, found}.mend();
  say_why_not(run, found, reason);
  return {found, {}};
}

}  // namespace lectio
