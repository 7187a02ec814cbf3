// Processes that somebody forgot: which of those that the configuration names may be ended.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "io/procfs.hpp"

namespace lectio {

struct LeftoverRule {
  std::vector<std::string> patterns;  // see parse_process_patterns
  Milliseconds age{0};                // younger ones are nobody's leftovers
};

// Of a list between commas, for the whole command line with a space between arguments. An error
// names the pattern that would match nearly anything.
Result<std::vector<std::string>> parse_process_patterns(const std::string& list);

struct Leftover {
  Process process;
  std::string pattern;  // that matches it; its command line may hold a secret
  std::string owner;    // the service or container that it is of, whose it is to end; empty: none
  bool has_zombies = false;  // it has children to reap: their parent is never ended

  bool may_end() const { return owner.empty() && !has_zombies; }
};

// What matches and is old enough. `self` and those that started it never do.
Result<std::vector<Leftover>> find_leftovers(const Procfs& procfs, const LeftoverRule& rule,
                                             pid_t self);

// SIGTERM to each, SIGKILL to those that are still there after `patience`; a process id that has
// become somebody else's is left alone. Which of them are gone in the end.
std::vector<Leftover> end_leftovers(const std::vector<Leftover>& leftovers, const Procfs& procfs,
                                    Milliseconds patience, Clock& clock);

}  // namespace lectio
