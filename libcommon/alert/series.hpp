// Facts that come again and again: told once, then counted in the same message.
#pragma once

#include <vector>

#include "alert/policy.hpp"

namespace lectio {

inline constexpr Milliseconds series_pause{3'600'000};     // without it: the next one is news
inline constexpr Milliseconds longest_series{86'400'000};  // then it is told anew
inline constexpr Milliseconds between_edits{30'000};
// Kinds that may begin within a while; what is more is counted together, in a message of its own
// whose id is "site_error:more" for "site_error:1f2e".
inline constexpr std::size_t most_new_series = 5;
inline constexpr Milliseconds new_series_within{600'000};

// `fact.times` is what has come since the last time.
void add_to_series(Book& book, Problem fact, const Now& now);

// What is to be said of the series that have changed; their events are not numbered.
std::vector<Event> tell_series(Book& book, const Now& now, const PolicySettings& settings);

}  // namespace lectio
