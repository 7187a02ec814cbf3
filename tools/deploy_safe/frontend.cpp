#include "deploy_safe/frontend.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "alert/catalogue.hpp"
#include "alert/message.hpp"
#include "check/asset_check.hpp"
#include "deploy_safe/stop.hpp"
#include "io/file.hpp"
#include "io/filesystem.hpp"
#include "site/build.hpp"
#include "site/deploy_marker.hpp"
#include "site/site_request.hpp"
#include "tool/alerting.hpp"
#include "tool/output.hpp"

namespace lectio {
namespace {

constexpr Milliseconds between_rounds{1500};
constexpr Milliseconds longest_proof{120'000};
constexpr std::uint64_t spare_bytes = std::uint64_t{64} << 20U;     // the disk is never filled up
constexpr std::size_t largest_asset_file = std::size_t{64} << 20U;  // bytes
constexpr std::size_t largest_page = std::size_t{16} << 20U;        // bytes

std::string joined(const std::vector<std::string>& reasons) {
  return fmt::format("{}", fmt::join(reasons, "; "));
}

bool is_within(const std::filesystem::path& path, const std::filesystem::path& directory) {
  std::error_code failed;
  const auto way = std::filesystem::weakly_canonical(path, failed)
                       .lexically_relative(std::filesystem::weakly_canonical(directory, failed));
  return !way.empty() && *way.begin() != "..";
}

}  // namespace

Frontend::Frontend(Act& act, Releases releases, std::string who)
    : act_(act),
      config_(act.config),
      releases_(std::move(releases)),
      who_(std::move(who)),
      systemd_(make_systemd()),
      verification_(act.config, act.http, *systemd_, act.clock, act.lang),
      progress_(act.clock, act.lang),
      announcement_(act) {}

Result<int> Frontend::deploy(const std::string& build_dir) {
  progress_.doing("deploy_checking_build");
  if (const std::string flaw = flaw_of_build(build_dir); !flaw.empty()) return refuse(flaw);
  const auto size = measure_tree(build_dir);
  if (!size) return refuse(size.error().message);
  const auto lacking = lack_of_room(*size);
  if (!lacking) return std::unexpected(lacking.error());
  if (!lacking->empty()) return refuse(*lacking);
  progress_.done("deploy_build_checked",
                 Facts{}.set("files", size->entries).set("kb", size->bytes / 1024));
  if (act_.dry_run == DryRun::on) {
    progress_.say(progress_.phrase(
        "deploy_would",
        Facts{}.set("build", releases_.build()).set("releases", releases_.directory())));
    return 0;
  }

  auto begun = begin("frontend");
  if (!begun) return std::unexpected(begun.error());
  progress_.doing("deploy_copying");
  auto next = releases_.stage(build_dir, act_.clock.wall(), stop_asked);
  if (!next) {
    if (auto ended = end_journal(); !ended) return std::unexpected(ended.error());
    return refuse(next.error().message);
  }
  progress_.done("deploy_copied", Facts{}.set("release", next->name));
  return put(std::move(*next), std::move(begun->serving), std::move(begun->journal));
}

// The newest proven one that is older than what serves: twice is two steps back.
std::optional<Release> Frontend::target_of_rollback(const std::vector<Release>& all,
                                                    const std::string& name) const {
  const auto serving =
      std::ranges::find_if(all, [&](const Release& release) { return releases_.serves(release); });
  const auto target = std::ranges::find_if(all, [&](const Release& release) {
    if (releases_.serves(release)) return false;
    if (!name.empty()) return release.name == name;
    return release.state == ReleaseState::proven &&
           (serving == all.end() || release.name < serving->name);
  });
  return target == all.end() ? std::nullopt : std::optional{*target};
}

Result<int> Frontend::roll_back(const std::string& name) {
  const auto all = releases_.list();
  if (!all) return std::unexpected(all.error());
  const auto target = target_of_rollback(*all, name);
  if (!target) {
    return refuse(progress_.phrase("deploy_no_such_release", Facts{}.set("release", name)));
  }
  if (const std::string flaw = flaw_of_files(releases_.tree(*target)); !flaw.empty()) {
    return refuse(flaw);
  }
  if (act_.dry_run == DryRun::on) {
    progress_.say(progress_.phrase("deploy_would_roll_back", Facts{}.set("release", target->name)));
    return 0;
  }
  auto begun = begin("rollback");
  if (!begun) return std::unexpected(begun.error());
  return put(*target, std::move(begun->serving), std::move(begun->journal));
}

// The marker, the journal, the message, and how the site is before anything changes.
Result<Frontend::Begun> Frontend::begin(const std::string& what) {
  Begun begun;
  what_ = what;
  begun.journal.what = what;
  begun.journal.who = who_;
  begun.journal.since = act_.clock.wall();
  marker_.reset();  // of a recovery before
  auto marker = HeldMarker::make(config_.text("RUN_DIR"), who_, what, act_.clock.wall());
  if (!marker) return std::unexpected(marker.error());
  marker_ = std::move(*marker);
  auto serving = releases_.adopt(act_.clock.wall());
  if (!serving) return std::unexpected(serving.error());
  begun.serving = std::move(*serving);
  announce("begun", {}, {});
  auto before = baseline();
  if (before) begun.journal.baseline = std::move(*before);
  if (auto kept = before ? step(begun.journal, DeployStep::prepare)
                         : Result<void>{std::unexpected(before.error())};
      !kept) {
    announce("undone", "deploy_refused", Facts{}.set("reason", kept.error().message));
    return std::unexpected(kept.error());
  }
  return begun;
}

Result<int> Frontend::put(Release next, Release before, DeployJournal journal) {
  journal.next = next.name;
  journal.before = before.name;
  const WallTime now = act_.clock.wall();
  // Pages that are open ask for files of the release that they came from.
  for (const auto& carried : {releases_.carry(before, next, now, oldest_asset()),
                              releases_.carry(next, before, now, oldest_asset())}) {
    if (!carried) return give_up(next, journal, carried.error().message);
  }
  if (stop_asked()) return give_up(next, journal, progress_.phrase("deploy_stopped"));
  if (auto begun = step(journal, DeployStep::swap); !begun) {
    return give_up(next, journal, begun.error().message);
  }
  progress_.doing("deploy_swapping");
  const auto swapped = releases_.swap(next, before);
  if (!swapped && !releases_.serves(next)) {
    if (auto tidied = releases_.tidy(); !tidied) act_.notes.push_back(tidied.error().message);
    return give_up(next, journal, swapped.error().message);
  }
  // From here on the site has changed: whatever fails, it is judged, and put back if need be.
  if (!swapped) note(releases_.tidy());
  progress_.done(swapped.value_or(true) ? "deploy_swapped" : "deploy_swapped_in_two",
                 Facts{}.set("release", next.name).set("before", before.name));
  note(step(journal, DeployStep::verify));
  const std::vector<std::string> reasons = prove(journal.baseline, true);
  if (!reasons.empty()) return undo(std::move(next), before, std::move(journal), reasons);

  note(step(journal, DeployStep::proven));
  next.state = ReleaseState::proven;
  next.reason.clear();
  note(releases_.save(next));
  const bool was_well = std::ranges::all_of(
      journal.baseline, [](const auto& check) { return check.second == Status::ok; });
  if (was_well && before.state == ReleaseState::fresh) {
    before.state = ReleaseState::proven;
    note(releases_.save(before));
  }
  note(end_journal());
  note(retire());
  const Facts facts = Facts{}.set("release", next.name).set("before", before.name);
  progress_.say(progress_.phrase("deploy_done", facts));
  announce("ended", "deploy_done", facts);
  return 0;
}

Result<int> Frontend::undo(Release next, const Release& before, DeployJournal journal,
                           const std::vector<std::string>& reasons) {
  note(step(journal, DeployStep::roll_back));
  progress_.doing("deploy_rolling_back");
  Facts facts = Facts{}.set("release", before.name).set("reason", joined(reasons));
  if (const auto swapped = releases_.swap(before, next); !swapped) {
    note(releases_.tidy());
    if (!releases_.serves(before)) {
      facts.set("still", swapped.error().message);
      progress_.failed(progress_.phrase("deploy_cannot_roll_back", facts));
      fail("undone", "deploy_cannot_roll_back", facts);
      return 2;  // the journal stays: recover tries again
    }
  }
  // One that has proven itself before is not bad because of what else broke meanwhile.
  if (!stop_asked() && next.state == ReleaseState::fresh) {
    next.state = ReleaseState::bad;
    next.reason = joined(reasons);
    note(releases_.save(next));
  }
  const std::vector<std::string> still = prove(journal.baseline, false);
  if (still.empty()) {
    progress_.done("deploy_rolled_back", facts);
    fail("undone", "deploy_rolled_back", facts);
  } else {
    facts.set("still", joined(still));
    progress_.failed(progress_.phrase("deploy_rolled_back_in_vain", facts));
    fail("undone", "deploy_rolled_back_in_vain", facts);
  }
  note(end_journal());
  return 2;
}

Result<void> Frontend::tidy() {
  if (act_.dry_run == DryRun::on) return {};
  if (auto removed = remove_dead_marker(config_.text("RUN_DIR")); !removed) return removed;
  return releases_.tidy();
}

Result<int> Frontend::recover() {
  const auto journal = read_deploy_journal(config_.text("STATE_DIR"));
  if (!journal) return std::unexpected(journal.error());
  if (auto tidied = tidy(); !tidied) return std::unexpected(tidied.error());
  if (!*journal) {
    progress_.say(progress_.phrase("deploy_nothing_to_recover"));
    return 0;
  }
  const DeployJournal& left = **journal;
  progress_.say(
      progress_.phrase("deploy_recovering", Facts{}.set("what", left.what).set("who", left.who)));
  if (act_.dry_run == DryRun::on) return 0;
  auto marker = HeldMarker::make(config_.text("RUN_DIR"), who_, "recover", act_.clock.wall());
  if (!marker) return std::unexpected(marker.error());
  marker_ = std::move(*marker);
  return end_what_was_left(left);
}

// Before the swap nothing has changed; a proven release stays; else the one before comes back,
// unless only the new one is whole.
Result<int> Frontend::end_what_was_left(const DeployJournal& left) {
  const auto all = releases_.list();
  if (!all) return std::unexpected(all.error());
  const auto next = std::ranges::find(*all, left.next, &Release::name);
  const auto before = std::ranges::find(*all, left.before, &Release::name);
  const bool has_changed = next != all->end() && releases_.serves(*next);
  const bool goes_back =
      has_changed && left.step != DeployStep::proven && before != all->end() &&
      (flaw_of_files(releases_.tree(*before)).empty() || !flaw_of_files(releases_.build()).empty());
  if (goes_back) {
    if (const auto swapped = releases_.swap(*before, *next); !swapped) {
      return std::unexpected(swapped.error());
    }
    progress_.done("deploy_swapped", Facts{}.set("release", before->name).set("before", left.next));
  }
  const auto now = releases_.adopt(act_.clock.wall());
  if (!now) return std::unexpected(now.error());
  const std::vector<std::string> reasons = prove(left.baseline, false);
  if (auto ended = end_journal(); !ended) return std::unexpected(ended.error());
  const Facts end = Facts{}
                        .set("release", now->name)
                        .set("reason", joined(reasons))
                        .set("what", left.what)
                        .set("who", left.who);
  const auto* const key = reasons.empty() ? "deploy_recovered" : "deploy_recovered_in_vain";
  progress_.say(progress_.phrase(key, end));
  announcement_.fail(title("deploy_was_cut", end), lines(key, end));
  return reasons.empty() ? 0 : 2;
}

Result<int> Frontend::clean_up(int days) {
  auto all = releases_.list();
  if (!all) return std::unexpected(all.error());
  const WallTime oldest = act_.clock.wall() - std::chrono::days{days};
  bool has_proven = false;  // the newest proven one beside the one that serves always stays
  for (Release& release : *all) {
    const bool serves = releases_.serves(release);
    const bool is_last_proven = !serves && release.state == ReleaseState::proven && !has_proven;
    has_proven = has_proven || is_last_proven;
    const bool stays = serves || is_last_proven || release.made >= oldest;
    const Facts facts = Facts{}.set("release", release.name);
    if (act_.dry_run == DryRun::on) {
      if (!stays) progress_.say(progress_.phrase("deploy_would_remove", facts));
      continue;
    }
    if (stays) {
      const auto dropped = releases_.drop_carried(release, oldest_asset());
      if (!dropped) return std::unexpected(dropped.error());
      continue;
    }
    if (auto removed = releases_.remove(release); !removed) return std::unexpected(removed.error());
    progress_.say(progress_.phrase("deploy_removed", facts));
  }
  return 0;
}

void Frontend::note(const Result<void>& done) {
  if (!done) act_.notes.push_back(done.error().message);
}

Result<void> Frontend::end_journal() const { return end_deploy_journal(config_.text("STATE_DIR")); }

Result<int> Frontend::refuse(const std::string& reason) {
  const Facts facts = Facts{}.set("reason", reason);
  progress_.failed(progress_.phrase("deploy_refused", facts));
  // Before anything was begun only the person at the terminal needs to know.
  if (announcement_.begun()) announce("undone", "deploy_refused", facts);
  return 2;
}

Result<int> Frontend::give_up(const Release& next, const DeployJournal& journal,
                              const std::string& reason) {
  if (journal.what == "frontend") note(releases_.remove(next));
  note(end_journal());
  return refuse(reason);
}

Result<void> Frontend::step(DeployJournal& journal, DeployStep step) {
  journal.step = step;
  return write_deploy_journal(config_.text("STATE_DIR"), journal);
}

// A moment's trouble does not lower what the release has to reach.
Result<std::map<std::string, Status>> Frontend::baseline() {
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

std::vector<std::string> Frontend::flaws(const std::string& index_html,
                                         const std::map<std::string, Status>& before) {
  std::vector<std::string> reasons;
  if (const std::string missing = verification_.serves(index_html); !missing.empty()) {
    reasons.push_back(progress_.phrase("deploy_not_served", Facts{}.set("missing", missing)));
  }
  const auto seen = verification_.look();
  if (!seen) return {seen.error().message};
  std::ranges::move(worse(before, *seen), std::back_inserter(reasons));
  return reasons;
}

std::vector<std::string> Frontend::prove(const std::map<std::string, Status>& before,
                                         bool heeds_stop) {
  const auto index = read_file(releases_.build() + "/index.html", largest_page);
  if (!index) return {index.error().message};
  const auto rounds =
      static_cast<int>(std::clamp<std::int64_t>(config_.integer("DEPLOY_ROUNDS"), 1, 20));
  const Deadline deadline{act_.clock, longest_proof};
  int good = 0;
  int bad = 0;
  std::vector<std::string> reasons;
  while (good < rounds) {
    if (heeds_stop && stop_asked()) return {progress_.phrase("deploy_stopped")};
    if (good + bad > 0) act_.clock.sleep(between_rounds);
    progress_.doing("deploy_verifying");
    reasons = flaws(*index, before);
    good = reasons.empty() ? good + 1 : 0;
    bad = reasons.empty() ? 0 : bad + 1;
    const Facts facts =
        Facts{}.set("round", good).set("rounds", rounds).set("reason", joined(reasons));
    if (reasons.empty()) {
      progress_.done("deploy_round_good", facts);
    } else {
      progress_.failed(joined(reasons));
      if (bad >= rounds || deadline.passed()) return reasons;
    }
  }
  return {};
}

Result<void> Frontend::retire() {
  const auto all = releases_.list();
  if (!all) return std::unexpected(all.error());
  const std::int64_t keep = std::max<std::int64_t>(config_.integer("RELEASES_KEEP"), 1);
  std::int64_t kept = 0;
  for (const Release& release : *all) {
    if (releases_.serves(release) || release.state != ReleaseState::proven || ++kept <= keep) {
      continue;
    }
    if (auto removed = releases_.remove(release); !removed) return removed;
  }
  return {};
}

std::string Frontend::flaw_of_build(const std::string& build_dir) const {
  if (is_within(build_dir, releases_.build()) || is_within(build_dir, releases_.directory()) ||
      is_within(releases_.build(), build_dir)) {
    return progress_.phrase("deploy_build_is_live", Facts{}.set("build", build_dir));
  }
  std::error_code failed;
  if (std::filesystem::is_symlink(releases_.build(), failed)) {
    return progress_.phrase("deploy_build_is_link", Facts{}.set("build", releases_.build()));
  }
  return flaw_of_files(build_dir);
}

std::string Frontend::flaw_of_files(const std::string& directory) const {
  const std::vector<std::string> hosts = own_hosts(config_);
  const CheckInfo check{.id = "build", .severity = Severity::critical};
  const Verdict verdict = judge(check, probe_build(directory, hosts), Milliseconds{0});
  if (verdict.status != Status::ok) {
    return Catalogue::builtin().tell(verdict, act_.lang, names_of(config_)).summary;
  }
  const auto index = read_index(directory);
  if (!index || !*index) return index ? "index.html" : index.error().message;
  for (const std::string& asset : build_assets(**index, hosts)) {
    const auto text = read_file(fmt::format("{}/{}", directory, asset), largest_asset_file);
    if (!text) return text.error().message;
    if (looks_like_html(*text)) {
      return progress_.phrase("deploy_asset_is_page", Facts{}.set("asset", asset));
    }
  }
  return {};
}

Result<std::string> Frontend::lack_of_room(const TreeSize& size) const {
  const auto room =
      filesystem_usage(std::filesystem::path{releases_.build()}.parent_path().string());
  if (!room) return std::unexpected(room.error());
  if (room->read_only) return progress_.phrase("deploy_read_only");
  constexpr std::uint64_t block = 4096;  // what the smallest file takes
  const std::uint64_t wanted = size.bytes + size.entries * block + spare_bytes;
  if (room->available_bytes < wanted) {
    return progress_.phrase(
        "deploy_no_room",
        Facts{}.set("wanted_mb", wanted >> 20U).set("free_mb", room->available_bytes >> 20U));
  }
  if (room->total_inodes > 0 && room->available_inodes < size.entries * 2) {
    return progress_.phrase("deploy_no_inodes", Facts{}.set("free", room->available_inodes));
  }
  return std::string{};
}

WallTime Frontend::oldest_asset() const {
  return act_.clock.wall() -
         std::chrono::days{std::clamp<std::int64_t>(config_.integer("ASSET_GRACE_DAYS"), 0, 3650)};
}

std::vector<std::string> Frontend::lines(std::string_view key, const Facts& facts) const {
  const MessageStyle style = message_style(config_);
  const WallTime now = act_.clock.wall();
  std::vector<std::string> lines;
  if (!key.empty()) lines.push_back(Catalogue::builtin().phrase(key, style.lang, facts));
  lines.push_back(fmt::format("{} · {} · {}", time_text(now, now, style), who_, style.host));
  return lines;
}

std::string Frontend::title(std::string_view key, const Facts& facts) const {
  const MessageStyle style = message_style(config_);
  return Catalogue::builtin().phrase(key, style.lang, Facts{facts}.set("site", style.site));
}

void Frontend::announce(std::string_view state, std::string_view key, const Facts& facts) {
  announcement_.show(title(fmt::format("{}_{}", what_, state), facts), lines(key, facts));
}

void Frontend::fail(std::string_view state, std::string_view key, const Facts& facts) {
  announcement_.fail(title(fmt::format("{}_{}", what_, state), facts), lines(key, facts));
}

}  // namespace lectio
