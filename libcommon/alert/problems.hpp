// Problems followed from run to run: what was seen again, what is new, what has ended.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "alert/policy.hpp"
#include "alert/suppression.hpp"

namespace lectio {

bool is_bad(const Problem& problem);  // not well now; a skipped check is not bad
bool is_loud(const Problem& problem, const PolicySettings& settings);
bool is_told(const Problem& problem, const PolicySettings& settings);  // loud, or quietly
// Often enough in a row to be believed.
bool is_confirmed(const Problem& problem);
// Its tool has looked within three of its periods.
bool is_fresh(const Problem& problem, Tick now);

struct Followed {
  std::set<std::string, std::less<>> seen_bad;  // in this run
  std::set<std::string, std::less<>> ended;     // told ones that closed in this run
  std::set<std::string, std::less<>> returned;  // closed ones that are bad again
};

// Changes the book's problems and nothing else of it.
Followed follow(Book& book, const RunSeen& run, const Suppression& suppression, const Now& now,
                const PolicySettings& settings);

// For each problem of the book the id of its root; empty for one that has none.
std::vector<std::string> roots_of(const Book& book, const Now& now);

// Notes for «why was I not told?», once for each stretch of the same reason.
void hold_back(Book& book, const Problem& problem, Status status, const HeldBecause& because,
               const Now& now);

}  // namespace lectio
