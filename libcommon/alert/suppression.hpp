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

class Suppression {
 public:
  // Brings the book's memory of the marker and its mutes up to date.
  Suppression(Book& book, const RunSeen& run, const Surroundings& around, const Now& now,
              const PolicySettings& settings);

  // What this run sees of `check` decides nothing. A mute of "a" is one of "a:b" too.
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
