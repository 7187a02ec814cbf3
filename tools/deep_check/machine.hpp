// What an hourly look tells of the machine itself: swap, what was killed or
// restarted, units that failed, its clock.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "check/finding.hpp"
#include "io/http.hpp"
#include "io/procfs.hpp"

namespace lectio {

struct SwapLimits {  // MB in use, more than
  double warning = 512;
  double critical = 1024;
};
// Codes: swap_none, swap_little, swap_much, memory_unreadable.
Finding judge_swap(const Result<MemoryInfo>& memory, const SwapLimits& limits);

// `watched` have checks of their own. Codes: units_well, units_failed, units_unknown.
Finding judge_failed_units(const Result<std::vector<std::string>>& failed,
                           const std::vector<std::string>& watched);

// Since the run before: an event. Codes: oom_none, oom_killed, oom_unreadable.
// `before` empty: nothing is known of an earlier moment of this boot.
Finding judge_oom(const Result<std::uint64_t>& kills, std::optional<std::uint64_t> before,
                  const std::function<std::vector<std::string>()>& victims);

// In the kernel's words: "Out of memory: Killed process 812 (gunicorn) total-vm:...".
std::vector<std::string> victims_named_in(const std::string& journal);

// What the kernel said it killed within the hour; empty where nothing tells.
std::vector<std::string> victims_of_memory(Clock& clock);

// Automatic restarts by unit; a unit that was started by hand counts anew. An event. Codes:
// restarts_none, restarts_some.
using Restarts = std::map<std::string, std::uint32_t>;
Finding judge_restarts(const Restarts& now, const std::optional<Restarts>& before);

struct TimeSync {
  bool is_synchronised = false;        // as the kernel was told by whoever keeps it so
  std::optional<Milliseconds> offset;  // ahead of what a server outside says, to the second
};

// How far `now` is ahead of what the server that answered says; empty: it does not say.
std::optional<Milliseconds> clock_offset(const HttpResponse& response, WallTime now);

struct ClockLimits {  // off by more than
  Milliseconds warning{3'000};
  Milliseconds critical{30'000};
};
// Codes: clock_synchronised, clock_adrift, clock_wrong, clock_unreadable.
Finding judge_clock(const Result<TimeSync>& clock, const ClockLimits& limits);

}  // namespace lectio
