#include "health_check/repair.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "alert/catalogue.hpp"
#include "check/redactor.hpp"
#include "health_check/repair_budget.hpp"
#include "io/file.hpp"
#include "io/process.hpp"
#include "io/procfs.hpp"
#include "io/tree.hpp"
#include "io/user.hpp"
#include "site/build.hpp"
#include "site/deploy_journal.hpp"
#include "site/deploy_marker.hpp"
#include "site/health_checks.hpp"
#include "site/releases.hpp"
#include "site/site_request.hpp"
#include "tool/alerting.hpp"
#include "tool/output.hpp"

namespace lectio {
namespace {

constexpr Milliseconds after_boot{120'000};
constexpr Milliseconds between_looks{200};
constexpr Milliseconds for_another_look{15'000};

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

class Ladder {
 public:
  Ladder(Run& run, const std::vector<Verdict>& found)
      : run_(run), config_(run.config), found_(found), now_(run.clock.wall()) {}

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
    const auto mutes = rungs.empty() ? std::vector<Mute>{} : mutes_without_repair();
    if (!mutes) return mended;  // nobody can tell what a person wants left alone
    std::vector<const Rung*> due;
    for (const Rung& rung : rungs) {
      const bool is_left = std::ranges::any_of(
          *mutes, [&](const Mute& mute) { return mute.check.empty() || mute.check == rung.fault; });
      if (is_left) continue;
      if (!is_due(rung, *record_of(*records, rung.fault), mended.verdicts)) continue;
      if (rung.is_once) due.clear();
      due.push_back(&rung);
      if (rung.is_once) break;  // it will put right what the deploy has left
    }
    // A deploy that begins while we work would find its files moved.
    std::optional<Fd> lock;
    if (!due.empty() && !due.front()->is_once && run_.dry_run == DryRun::off) {
      const std::string directory = config_.text("STATE_DIR");
      const auto made = make_directory(directory);
      auto taken = made ? try_lock(directory + "/deploy_safe.lock") : std::unexpected(made.error());
      if (!taken) run_.notes.push_back(taken.error().message);
      if (!taken || !*taken) return mended;
      lock = std::move(*taken);
    }
    if (run_.dry_run == DryRun::on) {
      for (const Rung* rung : due) note("repair_would", *rung);
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
    return Catalogue::builtin().phrase(key, alert_language(config_), facts);
  }
  void note(std::string_view key, const Rung& rung) const {
    run_.notes.push_back(phrase(key, Facts{}.set("action", rung.words)));
  }

  // `alerts mute --no-repair`, as long as they last.
  Result<std::vector<Mute>> mutes_without_repair() const {
    std::vector<std::string> noted_before;
    const Instant at = instant_now(run_.clock);
    auto book = read_book(book_places(config_), at, noted_before);
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
        rungs.push_back(own_build());
      }
      if (verdict.id == "build" && verdict.status != Status::ok &&
          verdict.code != "build_unreadable") {
        rungs.push_back(put_release_back());
      }
    }
    if (backend_is_deaf()) {
      Rung rung = restart("backend_service");
      rung.fault = "backend";
      rung.runs = 2;
      rungs.push_back(std::move(rung));
    }
    return rungs;
  }

  // A deploy that was killed. In a unit of its own: it outlives this run.
  std::optional<Rung> recovery() {
    const auto journal = read_deploy_journal(config_.text("STATE_DIR"));
    if (!journal || !*journal) return std::nullopt;
    const auto since =
        std::chrono::duration_cast<Milliseconds>((*journal)->since.time_since_epoch());
    return Rung{fmt::format("deploy:{}", since.count()), phrase("repair_recover", {}),
                [this] { return start_recovery(); }, 1, true};
  }

  Result<void> start_recovery() const {
    std::error_code failed;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", failed);
    const auto result = run_process(
        {.argv = {"/usr/bin/systemd-run", "--quiet", "--collect", "--unit=lectio-recover",
                  "--setenv=INSTANCE=" + config_.text("INSTANCE"),
                  "--setenv=STATE_DIR=" + config_.text("STATE_DIR"),
                  "--setenv=RUN_DIR=" + config_.text("RUN_DIR"),
                  (self.parent_path() / "deploy_safe").string(), "--config", config_.path(),
                  "recover"},
         .environment = {"PATH=/usr/sbin:/usr/bin"},
         .timeout = std::chrono::seconds{10}},
        run_.clock);
    if (!result) return std::unexpected(result.error());
    if (result->ok()) return {};
    return fail(ErrorKind::io, "systemd-run: " + Redactor{}.clean(result->errors));
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
    return settings && settings->type != "oneshot";
  }

  // Active as systemd sees it, but nobody answers; a busy database would be no reason.
  bool backend_is_deaf() const {
    const Verdict* const unit = find(found_, "backend_service");
    const Verdict* const backend = find(found_, "backend");
    const Verdict* const workers = find(found_, "workers");
    if (unit == nullptr || unit->code != "unit_active") return false;
    if (workers != nullptr && workers->code == "workers_none") return true;
    return backend != nullptr && backend->status != Status::ok && is_no_answer(backend->code);
  }

  std::string unit_of(const std::string& id) const {
    if (id == "backend_service") return config_.text("BACKEND_SERVICE");
    if (id == "nginx_service") return config_.text("NGINX_SERVICE");
    return id.substr(std::string_view{"unit:"}.size());
  }

  Rung restart(const std::string& id) {
    const std::string unit = unit_of(id);
    const bool is_nginx = id == "nginx_service";
    return {id, phrase("repair_restart", Facts{}.set("unit", unit)), [this, unit, is_nginx] {
              if (is_nginx) {
                if (auto sound = test_nginx(); !sound) return sound;
              }
              return restart_unit(unit);
            }};
  }

  // A configuration with an error would not come up again.
  Result<void> test_nginx() const {
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

  Result<void> restart_unit(const std::string& unit) const {
    if (auto ordered = run_.systemd.order(UnitOrder::restart, unit); !ordered) return ordered;
    while (run_.deadline.left() > for_another_look) {
      const auto state = run_.systemd.unit(unit);
      if (!state) return std::unexpected(state.error());
      if (state->job == 0) return {};
      run_.clock.sleep(between_looks);
    }
    return {};  // the next run sees what became of it
  }

  Result<Releases> releases() const {
    const auto user = find_user(config_.text("WEB_USER"));
    if (!user) return std::unexpected(user.error());
    return Releases{config_.text("FRONTEND_BUILD"), TreeOwner{user->uid, user->gid}};
  }

  Rung own_build() {
    const std::string build = config_.text("FRONTEND_BUILD");
    return {"build_permissions", phrase("repair_own", Facts{}.set("build", build)),
            [this, build]() -> Result<void> {
              const auto user = find_user(config_.text("WEB_USER"));
              if (!user) return std::unexpected(user.error());
              return own_tree(build, TreeOwner{user->uid, user->gid});
            }};
  }

  Rung put_release_back() {
    return {"build", phrase("repair_release", {}), [this]() -> Result<void> {
              const auto kept = releases();
              if (!kept) return std::unexpected(kept.error());
              if (auto tidied = kept->tidy(); !tidied) return tidied;
              return swap_in_whole_release(*kept);
            }};
  }

  // The newest proven one that is whole; what served is bad from now on.
  Result<void> swap_in_whole_release(const Releases& kept) const {
    const std::vector<std::string> hosts = own_hosts(config_);
    if (probe_build(kept.build(), hosts).outcome == Outcome::good) return {};
    const auto all = kept.list();
    if (!all) return std::unexpected(all.error());
    const auto whole = std::ranges::find_if(*all, [&](const Release& release) {
      return release.state == ReleaseState::proven && !kept.serves(release) &&
             probe_build(kept.tree(release), hosts).outcome == Outcome::good;
    });
    if (whole == all->end()) {
      return fail(ErrorKind::config,
                  phrase("repair_no_release", Facts{}.set("directory", kept.directory())));
    }
    if (auto there = make_directory(kept.build(), 0755); !there) return there;
    auto broken = kept.adopt(now_);
    if (!broken) return std::unexpected(broken.error());
    const auto swapped = kept.swap(*whole, *broken);
    if (!swapped) return std::unexpected(swapped.error());
    broken->state = ReleaseState::bad;
    broken->reason = phrase("repair_broken_release", {});
    return kept.save(*broken);
  }

  // What may not be done now says so in its verdict.
  bool is_due(const Rung& rung, const FaultRecord& record, std::vector<Verdict>& verdicts) const {
    if (record.runs < rung.runs || (rung.is_once && record.streak > 0)) return false;
    const MayRepair may = may_repair(record, now_);
    if (may == MayRepair::yes) return true;
    say_in_verdict(rung, verdicts,
                   phrase(may == MayRepair::spent ? "repair_spent" : "repair_cooling",
                          Facts{}.set("action", rung.words)));
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
    std::vector<Verdict> now = run_health_checks(
        config_, run_.selected, {run_.http, run_.systemd, Procfs{}, run_.clock, run_.deadline});
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
    if (is_loud) event.texts.summary += "\n" + phrase("repair_often", Facts{}.set("times", times));
    return event;
  }

  Run& run_;
  const Config& config_;
  const std::vector<Verdict>& found_;
  WallTime now_;
};

}  // namespace

Mended repair(Run& run, const std::vector<Verdict>& found) {
  Mended nothing{found, {}};
  if (run.config.text("RECOVERY") == "off" || !we_are_root()) return nothing;
  if (run.clock.boot() < BootTime{after_boot}) return nothing;
  const auto deploy = active_deploy(run.config.text("RUN_DIR"),
                                    run.config.seconds("DEPLOY_GRACE_PERIOD"), run.clock);
  if (!deploy || *deploy) return nothing;
  return Ladder{run, found}.mend();
}

}  // namespace lectio
