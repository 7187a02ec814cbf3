#include "alert/suppression.hpp"

#include <algorithm>

namespace lectio {
namespace {

// A script that died leaves its file, and the next one touches it again: that is a new deploy
// if the file had been left alone for a whole grace period. Touches in between prolong the
// deploy, up to so many grace periods.
constexpr int most_grace_periods = 3;

// The directory's time is the wall clock's: two runs do not see it quite alike.
constexpr Milliseconds same_change{1000};

// Names a deploy of which nothing is known but its file.
constexpr std::string_view nameless = "deploy_in_progress";

bool counts(const MarkerMemory& memory, const MarkerSeen& seen, Tick now, Milliseconds grace) {
  if (seen.alive) return *seen.alive && now - memory.touched <= grace;
  return now < std::min(memory.touched + grace, memory.first + most_grace_periods * grace);
}

// Between the last run that saw it and now; where the directory tells, not after its change.
Tick end_of(const MarkerMemory& memory, const Surroundings& around, const Now& now,
            Milliseconds grace) {
  if (!around.marker) {
    const Tick changed = now.tick - around.run_dir_changed.value_or(Milliseconds{0});
    return std::clamp(changed, std::min(memory.touched, now.tick), now.tick);
  }
  if (around.marker->alive) return std::min(memory.touched, now.tick);
  return std::min(memory.touched + grace, now.tick);
}

}  // namespace

void follow_marker(MarkerMemory& memory, const Surroundings& around, const Now& now,
                   Milliseconds grace) {
  const bool was_active = memory.active;
  if (around.marker && around.marker->identity != memory.identity) {
    const Tick touched = now.tick - std::max(around.marker->age, Milliseconds{0});
    if (memory.identity.empty() || touched - memory.touched >= grace) memory.first = touched;
    memory.touched = touched;
    memory.identity = around.marker->identity;
    memory.label = around.marker->label.empty() ? std::string{nameless} : around.marker->label;
  }
  memory.active = around.marker && counts(memory, *around.marker, now.tick, grace);
  if (was_active && !memory.active) memory.ended = end_of(memory, around, now, grace);
  if (!around.marker) memory.identity.clear();
  // A deploy too short for any run to see it still leaves its trace on the directory.
  if (!memory.active && around.run_dir_changed) {
    const Tick changed = now.tick - *around.run_dir_changed;
    if (!memory.ended || *memory.ended + same_change < changed) {
      memory.first = changed;
      memory.ended = changed;
      memory.label.clear();  // it may have been one: nobody can tell whose
    }
  }
}

bool covers(std::string_view muted, std::string_view check) {
  if (muted.empty()) return true;
  return check.starts_with(muted) && (check.size() == muted.size() || check[muted.size()] == ':');
}

std::optional<Tick> end_of_mute_file(const Book& book, const Surroundings& around, const Now& now) {
  if (!around.mute_file) return std::nullopt;
  const Tick seen = book.legacy_mute == Tick{0} ? now.tick : book.legacy_mute;
  const Tick end = std::min(now.tick + *around.mute_file, seen + longest_mute);
  return end > now.tick ? std::optional{end} : std::nullopt;
}

Suppression::Suppression(Book& book, const RunSeen& run, const Surroundings& around, const Now& now,
                         const PolicySettings& settings) {
  follow_marker(book.marker, around, now, settings.grace);
  if (!around.mute_file) {
    book.legacy_mute = Tick{0};
  } else if (book.legacy_mute == Tick{0}) {
    book.legacy_mute = now.tick;
  }
  const auto over =
      std::ranges::partition(book.mutes, [&](const Mute& mute) { return mute.until > now.tick; });
  const std::vector<Mute> ended{over.begin(), over.end()};
  for (const Mute& mute : book.mutes) {
    if (!mute.check.empty() && mute.until > now.tick) mutes_.push_back(mute);
  }
  all_ = of_everything(book, run, around, now, settings);
  if (book.marker.active || (all_ && all_->reason == "deploy")) deploy_ = book.marker.label;
  // Their report waits like any other message.
  if (all_) return;
  book.mutes.erase(over.begin(), over.end());
  ended_mutes_ = ended;
}

std::optional<HeldBecause> Suppression::of_everything(const Book& book, const RunSeen& run,
                                                      const Surroundings& around, const Now& now,
                                                      const PolicySettings& settings) const {
  const MarkerMemory& marker = book.marker;
  if (marker.active) return HeldBecause{"deploy", marker.label};
  if (marker.ended && run.started < *marker.ended + settings.settle) {
    return HeldBecause{"deploy", marker.label};
  }
  if (around.uptime < settings.boot) return HeldBecause{"boot", {}};
  if (around.muted_by_config) return HeldBecause{"mute", "ALERTS_MUTED"};
  for (const Mute& mute : book.mutes) {
    if (mute.check.empty() && mute.until > now.tick) return HeldBecause{"mute", mute.reason};
  }
  if (end_of_mute_file(book, around, now)) {
    return HeldBecause{"mute", "ALERTS_MUTE_FILE"};
  }
  return std::nullopt;
}

std::optional<HeldBecause> Suppression::of(std::string_view check) const {
  if (all_) return all_;
  const auto found =
      std::ranges::find_if(mutes_, [&](const Mute& mute) { return covers(mute.check, check); });
  if (found != mutes_.end()) return HeldBecause{"mute", found->reason};
  return std::nullopt;
}

void add_mute(Book& book, Mute mute) {
  mute.until = std::min(mute.until, mute.since + longest_mute);
  const auto old = std::ranges::find(book.mutes, mute.check, &Mute::check);
  if (old == book.mutes.end()) {
    book.mutes.push_back(std::move(mute));
  } else {
    mute.hidden = std::move(old->hidden);
    *old = std::move(mute);
  }
}

bool end_mute(Book& book, const std::string& check, const Now& now) {
  bool was_muted = false;
  for (Mute& mute : book.mutes) {
    if ((!check.empty() && mute.check != check) || mute.until <= now.tick) continue;
    mute.until = now.tick;
    was_muted = true;
  }
  return was_muted;
}

}  // namespace lectio
