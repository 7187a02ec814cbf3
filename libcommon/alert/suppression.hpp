// What holds messages back now: a deploy, a boot, a mute.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "alert/policy.hpp"

namespace lectio {

// Of Held: why, and which one.
struct HeldBecause {
  std::string reason;
  std::string detail;
};

// Whether a mute of `muted` (empty: of all) is one of `check`: one of "a" is one of "a:b" too.
bool covers(std::string_view muted, std::string_view check);

// When ALERTS_MUTE_FILE mutes no more; empty: it does not mute.
std::optional<Tick> end_of_mute_file(const Book& book, const Surroundings& around, const Now& now);

class Suppression {
 public:
  // Brings the book's memory of the marker and its mutes up to date.
  Suppression(Book& book, const RunSeen& run, const Surroundings& around, const Now& now,
              const PolicySettings& settings);

  // What this run sees of `check` decides nothing.
  std::optional<HeldBecause> of(std::string_view check) const;
  // Holds for every check.
  const std::optional<HeldBecause>& of_all() const { return all_; }
  // The deploy that goes on or has just ended; empty: none.
  const std::string& deploy() const { return deploy_; }
  // Taken out of the book: their ends are to be reported.
  const std::vector<Mute>& ended_mutes() const { return ended_mutes_; }

 private:
  std::optional<HeldBecause> of_everything(const Book& book, const RunSeen& run,
                                           const Surroundings& around, const Now& now,
                                           const PolicySettings& settings) const;

  std::string deploy_;
  std::vector<Mute> mutes_;  // of single checks
  std::vector<Mute> ended_mutes_;
  std::optional<HeldBecause> all_;
};

// A bare marker that is re-touched for ever, or lies there for ever, does not count for ever.
void follow_marker(MarkerMemory& memory, const Surroundings& around, const Now& now,
                   Milliseconds grace);

}  // namespace lectio
