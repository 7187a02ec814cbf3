#include "deploy_safe/frontend.hpp"

#include <algorithm>

#include "deploy_safe/build_flaw.hpp"
#include "deploy_safe/stop.hpp"
#include "deploy_safe/verification.hpp"
#include "io/file.hpp"

namespace lectio {
namespace {

WallTime oldest_asset_of(const Act& act) {
  const auto days = std::clamp<std::int64_t>(act.config.integer("ASSET_GRACE_DAYS"), 0, 3650);
  return act.clock.wall() - std::chrono::days{days};
}

}  // namespace

Frontend::Frontend(Stage stage, Releases releases, Source source)
    : stage_(stage), releases_(std::move(releases)), source_(std::move(source)) {}

Result<void> Frontend::inspect() {
  if (const auto* const target = std::get_if<BackTo>(&source_)) {
    if (auto found = find_target(target->release); !found) return found;
    return judge_build(stage_, releases_.tree(next_));
  }
  stage_.progress.doing("deploy_checking_build");
  return judge_new_build(stage_, releases_, std::get<FromBuild>(source_).directory);
}

// The newest proven one that is older than what serves: twice is two steps back.
Result<void> Frontend::find_target(const std::string& name) {
  const auto all = releases_.list();
  if (!all) return std::unexpected(all.error());
  const auto serving =
      std::ranges::find_if(*all, [&](const Release& release) { return releases_.serves(release); });
  const auto target = std::ranges::find_if(*all, [&](const Release& release) {
    if (releases_.serves(release)) return false;
    if (!name.empty()) return release.name == name;
    return release.state == ReleaseState::proven &&
           (serving == all->end() || release.name < serving->name);
  });
  if (target == all->end()) {
    return fail(ErrorKind::config,
                stage_.progress.phrase("deploy_no_such_release", Facts{}.set("release", name)));
  }
  next_ = *target;
  return {};
}

std::vector<std::string> Frontend::plan() const {
  const auto say = [&](std::string_view key, const Facts& facts) {
    return stage_.progress.phrase(key, facts);
  };
  const Facts facts = Facts{}
                          .set("build", releases_.build())
                          .set("releases", releases_.directory())
                          .set("release", next_.name);
  std::vector<std::string> lines;
  if (std::holds_alternative<FromBuild>(source_))
    lines.push_back(say("frontend_would_copy", facts));
  lines.push_back(say("frontend_would_carry", facts));
  lines.push_back(say("frontend_would_exchange", facts));
  return lines;
}

Result<void> Frontend::prepare(DeployJournal& journal) {
  const WallTime now = stage_.act.clock.wall();
  auto serving = releases_.adopt(now);
  if (!serving) return std::unexpected(serving.error());
  before_ = std::move(*serving);
  if (const auto* const build = std::get_if<FromBuild>(&source_)) {
    stage_.progress.doing("deploy_copying");
    auto staged = releases_.stage(build->directory, now, stop_asked);
    if (!staged) return std::unexpected(staged.error());
    next_ = std::move(*staged);
    stage_.progress.done("deploy_copied", Facts{}.set("release", next_.name));
  }
  journal.next = next_.name;
  journal.before = before_.name;
  // Pages that are open ask for files of the release that they came from.
  const WallTime oldest = oldest_asset_of(stage_.act);
  if (auto carried = releases_.carry(before_, next_, now, oldest); !carried) return carried;
  return releases_.carry(next_, before_, now, oldest);
}

Result<void> Frontend::apply(const DeployJournal& /*journal*/) {
  stage_.progress.doing("deploy_swapping");
  const auto swapped = releases_.swap(next_, before_);
  if (!swapped) {
    stage_.note(releases_.tidy());
    if (swapped.error().kind == ErrorKind::config) {
      return fail(
          ErrorKind::config,
          stage_.progress.phrase("deploy_cannot_move", Facts{}.set("place", releases_.build())));
    }
    if (!releases_.serves(next_)) return std::unexpected(swapped.error());
  }
  stage_.progress.done(swapped.value_or(true) ? "deploy_swapped" : "deploy_swapped_in_two",
                       Facts{}.set("release", next_.name).set("before", before_.name));
  return {};
}

std::string Frontend::missing() {
  constexpr std::size_t largest_page = std::size_t{16} << 20U;  // bytes
  const auto index = read_file(releases_.build() + "/index.html", largest_page);
  if (!index) return index.error().message;
  const Act& act = stage_.act;
  const std::string missing = missing_from_site(act.config, act.http, act.clock, *index);
  if (missing.empty()) return {};
  return stage_.progress.phrase("deploy_not_served", Facts{}.set("missing", missing));
}

// What the journal of another run says.
Result<void> Frontend::remember(const DeployJournal& journal) {
  if (!before_.name.empty()) return {};
  const auto all = releases_.list();
  if (!all) return std::unexpected(all.error());
  for (const Release& release : *all) {
    if (release.name == journal.next) next_ = release;
    if (release.name == journal.before) before_ = release;
  }
  return {};
}

std::vector<std::string> Frontend::plan_undo(const DeployJournal& journal) {
  if (const auto known = remember(journal); !known) return {known.error().message};
  if (next_.name.empty() || !releases_.serves(next_)) {
    return {stage_.progress.phrase("frontend_would_stay")};
  }
  return {
      stage_.progress.phrase("frontend_would_exchange",
                             Facts{}.set("build", releases_.build()).set("release", before_.name))};
}

// Before the swap nothing has changed. A death may have left only the new one whole: it stays then.
Result<void> Frontend::undo(const DeployJournal& journal, Undo when) {
  if (auto known = remember(journal); !known) return known;
  if (before_.name.empty()) {  // it was cut before it had prepared anything
    auto serving = releases_.adopt(stage_.act.clock.wall());
    if (!serving) return std::unexpected(serving.error());
    before_ = std::move(*serving);
    return {};
  }
  const bool has_changed = !next_.name.empty() && releases_.serves(next_);
  if (!has_changed) return {};
  if (when == Undo::late && !judge_build(stage_, releases_.tree(before_)) &&
      judge_build(stage_, releases_.build())) {
    before_ = next_;
    return {};
  }
  if (const auto swapped = releases_.swap(before_, next_); !swapped) {
    stage_.note(releases_.tidy());
    if (!releases_.serves(before_)) return std::unexpected(swapped.error());
  }
  stage_.progress.done("deploy_swapped",
                       Facts{}.set("release", before_.name).set("before", next_.name));
  return {};
}

void Frontend::settle(const DeployJournal& journal) {
  stage_.note(remember(journal));
  if (next_.name.empty()) return;
  next_.state = ReleaseState::proven;
  next_.reason.clear();
  stage_.note(releases_.save(next_));
  const bool was_well = std::ranges::all_of(
      journal.baseline, [](const auto& check) { return check.second == Status::ok; });
  if (was_well && before_.state == ReleaseState::fresh && !before_.name.empty()) {
    before_.state = ReleaseState::proven;
    stage_.note(releases_.save(before_));
  }
  stage_.note(retire());
}

// One that has proven itself before is not bad because of what else broke meanwhile.
void Frontend::reject(const DeployJournal& journal, const std::string& reasons) {
  stage_.note(remember(journal));
  if (next_.name.empty() || next_.state != ReleaseState::fresh || releases_.serves(next_)) return;
  if (reasons.empty()) {
    const bool was_staged = journal.what == "frontend" || journal.what == "full";
    if (was_staged) stage_.note(releases_.remove(next_));
    return;
  }
  next_.state = ReleaseState::bad;
  next_.reason = reasons;
  stage_.note(releases_.save(next_));
}

std::string Frontend::now() const {
  return stage_.progress.phrase("frontend_release", Facts{}.set("release", next_.name));
}

std::string Frontend::before() const {
  return stage_.progress.phrase("frontend_release", Facts{}.set("release", before_.name));
}

Result<void> Frontend::retire() {
  const auto all = releases_.list();
  if (!all) return std::unexpected(all.error());
  const std::int64_t keep = std::max<std::int64_t>(stage_.act.config.integer("RELEASES_KEEP"), 1);
  std::int64_t kept = 0;
  for (const Release& release : *all) {
    if (releases_.serves(release) || release.state != ReleaseState::proven || ++kept <= keep) {
      continue;
    }
    if (auto removed = releases_.remove(release); !removed) return removed;
  }
  return {};
}

Result<void> clean_up_releases(const Stage& stage, const Releases& releases, int days) {
  auto all = releases.list();
  if (!all) return std::unexpected(all.error());
  const WallTime oldest = stage.act.clock.wall() - std::chrono::days{days};
  bool has_proven = false;
  for (Release& release : *all) {
    const bool serves = releases.serves(release);
    const bool is_last_proven = !serves && release.state == ReleaseState::proven && !has_proven;
    has_proven = has_proven || is_last_proven;
    const bool stays = serves || is_last_proven || release.made >= oldest;
    const Facts facts = Facts{}.set("release", release.name);
    if (stage.act.dry_run == DryRun::on) {
      if (!stays) stage.progress.say(stage.progress.phrase("deploy_would_remove", facts));
      continue;
    }
    if (stays) {
      const auto dropped = releases.drop_carried(release, oldest_asset_of(stage.act));
      if (!dropped) return std::unexpected(dropped.error());
      continue;
    }
    if (auto removed = releases.remove(release); !removed) return removed;
    stage.progress.say(stage.progress.phrase("deploy_removed", facts));
  }
  return {};
}

}  // namespace lectio
