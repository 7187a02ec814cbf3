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
#include "io/url.hpp"
#include "site/build.hpp"
#include "site/deploy_marker.hpp"
#include "tool/alerting.hpp"
#include "tool/output.hpp"

namespace lectio {
namespace {

constexpr Milliseconds between_rounds{1500};
constexpr Milliseconds longest_proof{120'000};
constexpr std::uint64_t spare_bytes = std::uint64_t{64} << 20U;  // the disk is never filled up
constexpr std::size_t largest_page = std::size_t{16} << 20U;     // bytes

std::vector<std::string> own_hosts_of(const Config& config) {
  const auto site = parse_url(config.text("SITE_URL"));
  return {site ? site->host_header() : "", config.text("PUBLIC_HOST")};
}

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
  const auto lacking = lack_of_room(build_dir);
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

  DeployJournal journal = begin_journal("frontend");
  auto marker = HeldMarker::make(config_.text("RUN_DIR"), who_, journal.what, act_.clock.wall());
  if (!marker) return std::unexpected(marker.error());
  if (auto begun = step(journal, DeployStep::prepare); !begun)
    return std::unexpected(begun.error());
  announce("begun", {}, {});
  auto before = baseline();
  if (!before) return std::unexpected(before.error());
  journal.baseline = std::move(*before);

  auto serving = releases_.adopt(act_.clock.wall());
  if (!serving) return std::unexpected(serving.error());
  progress_.doing("deploy_copying");
  auto next = releases_.stage(build_dir, act_.clock.wall(), stop_asked);
  if (!next) {
    if (auto ended = end_deploy_journal(config_.text("STATE_DIR")); !ended) {
      return std::unexpected(ended.error());
    }
    return refuse(next.error().message);
  }
  progress_.done("deploy_copied", Facts{}.set("release", next->name));
  return put(std::move(*next), std::move(*serving), std::move(journal));
}

Result<int> Frontend::roll_back(const std::string& name) {
  const auto all = releases_.list();
  if (!all) return std::unexpected(all.error());
  auto serving = releases_.serving();
  if (!serving) return std::unexpected(serving.error());
  const std::string now = *serving ? (*serving)->name : "";
  const auto target = std::ranges::find_if(*all, [&](const Release& release) {
    if (release.name == now) return false;
    return name.empty() ? release.state == ReleaseState::proven : release.name == name;
  });
  if (target == all->end()) {
    return refuse(progress_.phrase("deploy_no_such_release", Facts{}.set("release", name)));
  }
  if (act_.dry_run == DryRun::on) {
    progress_.say(progress_.phrase("deploy_would_roll_back", Facts{}.set("release", target->name)));
    return 0;
  }
  DeployJournal journal = begin_journal("rollback");
  auto marker = HeldMarker::make(config_.text("RUN_DIR"), who_, journal.what, act_.clock.wall());
  if (!marker) return std::unexpected(marker.error());
  auto adopted = releases_.adopt(act_.clock.wall());
  if (!adopted) return std::unexpected(adopted.error());
  if (auto begun = step(journal, DeployStep::prepare); !begun)
    return std::unexpected(begun.error());
  announce("begun", {}, {});
  auto before = baseline();
  if (!before) return std::unexpected(before.error());
  journal.baseline = std::move(*before);
  return put(*target, std::move(*adopted), std::move(journal));
}

Result<int> Frontend::put(Release next, Release before, DeployJournal journal) {
  journal.next = next.name;
  journal.before = before.name;
  const WallTime now = act_.clock.wall();
  // Pages that are open ask for files of the release that they came from.
  for (auto carried : {releases_.carry(before, next, now, oldest_asset()),
                       releases_.carry(next, before, now, oldest_asset())}) {
    if (!carried) return give_up(next, journal, carried.error().message);
  }
  if (stop_asked()) return give_up(next, journal, progress_.phrase("deploy_stopped"));
  if (auto begun = step(journal, DeployStep::swap); !begun) return std::unexpected(begun.error());
  progress_.doing("deploy_swapping");
  const auto swapped = releases_.swap(next, before);
  if (!swapped) {
    if (auto tidied = releases_.tidy(); !tidied) return std::unexpected(tidied.error());
    const auto serves = releases_.serving();
    if (!serves || !*serves || (*serves)->name != next.name) {
      return give_up(next, journal, swapped.error().message);
    }
  }
  progress_.done(swapped.value_or(true) ? "deploy_swapped" : "deploy_swapped_in_two",
                 Facts{}.set("release", next.name).set("before", before.name));
  if (auto begun = step(journal, DeployStep::verify); !begun) return std::unexpected(begun.error());

  const std::vector<std::string> reasons = prove(journal.baseline, true);
  if (!reasons.empty()) return undo(std::move(next), before, std::move(journal), reasons);
  next.state = ReleaseState::proven;
  next.reason.clear();
  if (auto saved = releases_.save(next); !saved) return std::unexpected(saved.error());
  const bool was_well = std::ranges::all_of(
      journal.baseline, [](const auto& check) { return check.second == Status::ok; });
  if (was_well && before.state == ReleaseState::fresh) {
    before.state = ReleaseState::proven;
    if (auto saved = releases_.save(before); !saved) return std::unexpected(saved.error());
  }
  if (auto ended = end_deploy_journal(config_.text("STATE_DIR")); !ended) {
    return std::unexpected(ended.error());
  }
  if (auto retired = retire(); !retired) act_.notes.push_back(retired.error().message);
  const Facts facts = Facts{}.set("release", next.name).set("before", before.name);
  progress_.say(progress_.phrase("deploy_done", facts));
  announce("ended", "deploy_done", facts);
  return 0;
}

Result<int> Frontend::undo(Release next, const Release& before, DeployJournal journal,
                           const std::vector<std::string>& reasons) {
  if (auto begun = step(journal, DeployStep::roll_back); !begun) {
    return std::unexpected(begun.error());
  }
  progress_.doing("deploy_rolling_back");
  if (const auto swapped = releases_.swap(before, next); !swapped) {
    return std::unexpected(swapped.error());
  }
  if (!stop_asked()) {
    next.state = ReleaseState::bad;
    next.reason = joined(reasons);
    if (auto saved = releases_.save(next); !saved) return std::unexpected(saved.error());
  }
  Facts facts = Facts{}.set("release", before.name).set("reason", joined(reasons));
  const std::vector<std::string> still = prove(journal.baseline, false);
  if (still.empty()) {
    progress_.done("deploy_rolled_back", facts);
    fail("undone", "deploy_rolled_back", facts);
  } else {
    facts.set("still", joined(still));
    progress_.failed(progress_.phrase("deploy_rolled_back_in_vain", facts));
    fail("undone", "deploy_rolled_back_in_vain", facts);
  }
  if (auto ended = end_deploy_journal(config_.text("STATE_DIR")); !ended) {
    return std::unexpected(ended.error());
  }
  return 2;
}

Result<int> Frontend::recover() {
  if (auto tidied = releases_.tidy(); !tidied) return std::unexpected(tidied.error());
  auto journal = read_deploy_journal(config_.text("STATE_DIR"));
  if (!journal) return std::unexpected(journal.error());
  if (!*journal) {
    if (auto removed = remove_dead_marker(config_.text("RUN_DIR")); !removed) {
      return std::unexpected(removed.error());
    }
    progress_.say(progress_.phrase("deploy_nothing_to_recover"));
    return 0;
  }
  DeployJournal& left = **journal;
  const Facts facts = Facts{}.set("what", left.what).set("who", left.who);
  progress_.say(progress_.phrase("deploy_recovering", facts));
  if (act_.dry_run == DryRun::on) return 0;
  auto marker = HeldMarker::make(config_.text("RUN_DIR"), who_, "recover", act_.clock.wall());
  if (!marker) return std::unexpected(marker.error());
  const auto all = releases_.list();
  if (!all) return std::unexpected(all.error());
  const auto serving = releases_.serving();
  if (!serving) return std::unexpected(serving.error());
  const auto before = std::ranges::find(*all, left.before, &Release::name);
  if (*serving && before != all->end() && (*serving)->name == left.next) {
    if (const auto swapped = releases_.swap(*before, **serving); !swapped) {
      return std::unexpected(swapped.error());
    }
    progress_.done("deploy_swapped", Facts{}.set("release", before->name).set("before", left.next));
  }
  auto now = releases_.adopt(act_.clock.wall());
  if (!now) return std::unexpected(now.error());
  const std::vector<std::string> reasons = prove(left.baseline, false);
  if (auto ended = end_deploy_journal(config_.text("STATE_DIR")); !ended) {
    return std::unexpected(ended.error());
  }
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
  if (auto tidied = releases_.tidy(); !tidied) return std::unexpected(tidied.error());
  auto all = releases_.list();
  if (!all) return std::unexpected(all.error());
  const auto serving = releases_.serving();
  if (!serving) return std::unexpected(serving.error());
  const std::string live = *serving ? (*serving)->name : "";
  const WallTime oldest = act_.clock.wall() - std::chrono::days{days};
  bool has_proven = false;  // the newest proven one beside the live one always stays
  for (Release& release : *all) {
    const bool is_last_proven =
        release.name != live && release.state == ReleaseState::proven && !has_proven;
    has_proven = has_proven || is_last_proven;
    const bool stays = release.name == live || is_last_proven || release.made >= oldest;
    if (act_.dry_run == DryRun::on) {
      if (!stays)
        progress_.say(
            progress_.phrase("deploy_would_remove", Facts{}.set("release", release.name)));
      continue;
    }
    if (stays) {
      const auto dropped = releases_.drop_carried(release, oldest_asset());
      if (!dropped) return std::unexpected(dropped.error());
      continue;
    }
    if (auto removed = releases_.remove(release); !removed) return std::unexpected(removed.error());
    progress_.say(progress_.phrase("deploy_removed", Facts{}.set("release", release.name)));
  }
  return 0;
}

Result<int> Frontend::refuse(const std::string& reason) {
  const Facts facts = Facts{}.set("reason", reason);
  progress_.failed(progress_.phrase("deploy_refused", facts));
  // Before anything was begun only the person at the terminal needs to know.
  if (announcement_.begun()) announce("undone", "deploy_refused", facts);
  return 2;
}

Result<int> Frontend::give_up(const Release& next, const DeployJournal& journal,
                              const std::string& reason) {
  if (journal.what == "frontend") {
    if (auto removed = releases_.remove(next); !removed) return std::unexpected(removed.error());
  }
  if (auto ended = end_deploy_journal(config_.text("STATE_DIR")); !ended) {
    return std::unexpected(ended.error());
  }
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
  const auto rounds = static_cast<int>(config_.integer("DEPLOY_ROUNDS"));
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
  const auto serving = releases_.serving();
  if (!serving) return std::unexpected(serving.error());
  const std::int64_t keep = std::max<std::int64_t>(config_.integer("RELEASES_KEEP"), 1);
  std::int64_t kept = 0;
  for (const Release& release : *all) {
    if (*serving && release.name == (*serving)->name) continue;
    if (release.state != ReleaseState::proven || ++kept <= keep) continue;
    if (auto removed = releases_.remove(release); !removed) return removed;
  }
  return {};
}

std::string Frontend::flaw_of_build(const std::string& build_dir) const {
  if (is_within(build_dir, releases_.build()) || is_within(build_dir, releases_.directory())) {
    return progress_.phrase("deploy_build_is_live", Facts{}.set("build", build_dir));
  }
  if (std::filesystem::is_symlink(releases_.build())) {
    return progress_.phrase("deploy_build_is_link", Facts{}.set("build", releases_.build()));
  }
  const std::vector<std::string> hosts = own_hosts_of(config_);
  const CheckInfo check{.id = "build", .severity = Severity::critical};
  const Verdict verdict = judge(check, probe_build(build_dir, hosts), Milliseconds{0});
  if (verdict.status != Status::ok) {
    return Catalogue::builtin().tell(verdict, act_.lang, names_of(config_)).summary;
  }
  const auto index = read_index(build_dir);
  if (!index || !*index) return index ? "index.html" : index.error().message;
  for (const std::string& asset : build_assets(**index, hosts)) {
    const auto text = read_file(build_dir + "/" + asset, std::size_t{64} << 20U);
    if (!text) return text.error().message;
    if (looks_like_html(*text)) {
      return progress_.phrase("deploy_asset_is_page", Facts{}.set("asset", asset));
    }
  }
  return {};
}

Result<std::string> Frontend::lack_of_room(const std::string& build_dir) const {
  const auto size = measure_tree(build_dir);
  if (!size) return std::unexpected(size.error());
  const auto room =
      filesystem_usage(std::filesystem::path{releases_.build()}.parent_path().string());
  if (!room) return std::unexpected(room.error());
  if (room->read_only) return progress_.phrase("deploy_read_only");
  constexpr std::uint64_t block = 4096;  // what the smallest file takes
  const std::uint64_t wanted = size->bytes + size->entries * block + spare_bytes;
  if (room->available_bytes < wanted) {
    return progress_.phrase(
        "deploy_no_room",
        Facts{}.set("wanted_mb", wanted >> 20U).set("free_mb", room->available_bytes >> 20U));
  }
  if (room->total_inodes > 0 && room->available_inodes < size->entries * 2) {
    return progress_.phrase("deploy_no_inodes", Facts{}.set("free", room->available_inodes));
  }
  return std::string{};
}

WallTime Frontend::oldest_asset() const {
  return act_.clock.wall() - std::chrono::days{config_.integer("ASSET_GRACE_DAYS")};
}

DeployJournal Frontend::begin_journal(const std::string& what) {
  what_ = what;
  DeployJournal journal;
  journal.what = what;
  journal.who = who_;
  journal.since = act_.clock.wall();
  return journal;
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
