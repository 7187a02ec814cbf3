// Facts that come again and again: told once, then counted in the same message.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "alert/policy.hpp"

namespace lectio {

inline constexpr Milliseconds series_pause{3'600'000};     // without it: the next one is news
inline constexpr Milliseconds longest_series{86'400'000};  // then it is told anew
// Of a message that is so young, and then.
inline constexpr Milliseconds young_series{300'000};
inline constexpr Milliseconds between_young_edits{30'000};
inline constexpr Milliseconds between_edits{300'000};
inline constexpr std::size_t most_edits = 3;  // a run: others have more to say
// Kinds that may begin within a while; what is more is counted together, in a message of its own
// whose id is "site_errors:more" for "site_errors:1f2e".
std::string id_of_others(std::string_view id);
inline constexpr std::size_t most_new_series = 5;
inline constexpr Milliseconds new_series_within{600'000};

// Nobody reads more than so many, and no sum of them overflows.
int add_times(int left, int right);

// `fact.times` is what has come since the last time.
void add_to_series(Book& book, Problem fact, const Now& now);

// What is to be said of the series that have changed; their events are not numbered.
std::vector<Event> tell_series(Book& book, const Now& now, const PolicySettings& settings);

}  // namespace lectio
