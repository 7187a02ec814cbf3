#include "alert/problems.hpp"

#include <algorithm>

#include "check/roots.hpp"

namespace lectio {
namespace {

constexpr std::size_t most_held = 300;
constexpr int fresh_periods = 3;
constexpr Milliseconds hour{3'600'000};
constexpr Milliseconds minute{60'000};

// A tool that runs every minute may meet a lucky moment; the others look too rarely to wait.
int good_runs_needed(const Problem& problem) { return problem.period <= minute ? 2 : 1; }

class Follower {
 public:
  Follower(Book& book, const RunSeen& run, const Suppression& suppression, const Now& now,
           const PolicySettings& settings)
      : book_(book), run_(run), suppression_(suppression), now_(now), settings_(settings) {}

  Followed follow() {
    for (const Observation& seen : run_.observations) {
      switch (seen.status) {
        case Status::ok:
          good(seen);
          break;
        case Status::skipped:
          skipped(seen);
          break;
        case Status::unknown:
          unknown(seen);
          break;
        case Status::warning:
        case Status::critical:
          bad(seen, seen.status);
          break;
      }
    }
    retire();
    forget();
    return std::move(followed_);
  }

 private:
  void good(const Observation& seen) {
    Problem* problem = book_.find(seen.id);
    if (problem == nullptr || problem->ended) return;
    const bool told = problem->incident != 0 || problem->sounded != Status::ok;
    if (problem->status == Status::skipped || !told) {
      erase(seen.id);
      return;
    }
    if (!is_echo(*problem)) ++problem->good_runs;
    look(*problem);
    problem->bad_runs = 0;
    if (problem->good_runs < good_runs_needed(*problem)) return;
    if (const auto because = suppression_.of(seen.id)) {
      hold_back(book_, *problem, Status::ok, *because, now_);
      return;
    }
    end(*problem);
  }

  void skipped(const Observation& seen) {
    const Problem* problem = book_.find(seen.id);
    if (problem != nullptr && problem->status != Status::skipped) return;
    Problem& link = problem == nullptr ? add(seen.id) : *book_.find(seen.id);
    describe(link, seen, Status::skipped);
    look(link);
  }

  // It could not tell: what was bad is neither better nor worse for it.
  void unknown(const Observation& seen) {
    Problem* problem = book_.find(seen.id);
    const bool known = problem != nullptr && !problem->ended &&
                       (problem->status == Status::warning || problem->status == Status::critical);
    if (!known) return bad(seen, Status::unknown);
    look(*problem);
    problem->good_runs = 0;
  }

  void bad(const Observation& seen, Status status) {
    Problem* found = book_.find(seen.id);
    if (found != nullptr && found->status == Status::skipped) {
      erase(seen.id);
      found = nullptr;
    }
    // A long silence between two looks: nothing is known of the time between.
    if (found != nullptr && found->incident == 0 && !is_fresh(*found, run_.started)) {
      erase(seen.id);
      found = nullptr;
    }
    Problem& problem = found == nullptr ? add(seen.id) : *found;
    if (problem.ended) come_back(problem);
    if (!is_echo(problem)) ++problem.bad_runs;
    problem.good_runs = 0;
    if (seen.critical_after > 0 && problem.bad_runs >= seen.critical_after) {
      status = Status::critical;
    }
    problem.confirm_runs = seen.critical_after > 0 ? seen.critical_after : seen.confirm_runs;
    describe(problem, seen, status);
    look(problem);
    problem.seen = run_.started;
    followed_.seen_bad.insert(seen.id);
    const auto because = suppression_.of(seen.id);
    if (problem.incident == 0 && problem.deploy.empty()) problem.deploy = suppression_.deploy();
    if (because) hide(problem);
  }

  // cron starts its tools in the same second: two of them that look at the same have looked once.
  bool is_echo(const Problem& problem) const {
    return !problem.looked_by.empty() && problem.looked_by != run_.tool &&
           run_.started - problem.looked < std::min(problem.period, run_.period) / 2;
  }

  // One that began inside a suppression is no return, nor is one long after its end.
  void come_back(Problem& problem) {
    const bool is_late = now_.tick - *problem.ended > settings_.again;
    const bool is_hidden = suppression_.of(problem.id).has_value();
    const Incident* incident = book_.incident(problem.incident);
    problem.ended.reset();
    problem.bad_runs = 0;
    problem.since = run_.started;
    if (!is_hidden) followed_.returned.insert(problem.id);
    if (is_hidden ? incident == nullptr || incident->ended : is_late) {
      problem.incident = 0;
      problem.deploy.clear();
    }
  }

  void hide(const Problem& problem) {
    for (Mute& mute : book_.mutes) {
      const bool hides = covers(mute.check, problem.id) && mute.until > now_.tick;
      if (!hides || problem.incident != 0) continue;
      const auto known = std::ranges::find(mute.hidden, problem.id, &Mute::Hidden::id);
      if (known != mute.hidden.end()) {
        known->seen = run_.started;
      } else {
        mute.hidden.push_back({problem.id, problem.texts.title, problem.since, run_.started});
      }
    }
  }

  // No longer the tool's, or left out of its runs (--skip) for so long that it was no single run.
  bool is_gone(const Problem& problem) const {
    if (std::ranges::find(run_.known, problem.id) == run_.known.end()) return true;
    const bool is_left_out = std::ranges::find(run_.observations, problem.id, &Observation::id) ==
                             run_.observations.end();
    return is_left_out && !is_fresh(problem, run_.started);
  }

  // What nobody looks at cannot get well.
  void retire() {
    if (run_.known.empty() || suppression_.of_all()) return;
    std::vector<std::string> gone;
    for (Problem& problem : book_.problems) {
      if (problem.tool != run_.tool || problem.ended || !is_gone(problem)) continue;
      if (problem.incident == 0) {
        gone.push_back(problem.id);
      } else {
        problem.code = "retired";
        end(problem);
      }
    }
    for (const std::string& id : gone) erase(id);
  }

  // Links and unconfirmed problems that nobody has seen for long.
  void forget() {
    std::erase_if(book_.problems, [&](const Problem& problem) {
      if (problem.ended && problem.incident == 0) {
        return now_.tick - problem.sounded_at >= settings_.cooldown;
      }
      return problem.incident == 0 && !is_fresh(problem, now_.tick) &&
             (problem.status == Status::skipped || !is_confirmed(problem));
    });
  }

  void end(Problem& problem) {
    problem.ended = now_.tick;
    followed_.ended.insert(problem.id);
  }

  Problem& add(const std::string& id) {
    Problem problem;
    problem.id = id;
    problem.since = run_.started;
    book_.problems.push_back(std::move(problem));
    return book_.problems.back();
  }

  void erase(const std::string& id) {
    std::erase_if(book_.problems, [&](const Problem& problem) { return problem.id == id; });
  }

  // Of two tools that look at the same, the one that does so more often decides how many looks it
  // takes.
  void look(Problem& problem) const {
    const bool is_anothers = !problem.tool.empty() && problem.tool != run_.tool;
    if (!is_anothers || run_.period <= problem.period || !is_fresh(problem, run_.started)) {
      problem.tool = run_.tool;
      problem.period = run_.period;
    }
    problem.looked = run_.started;
    problem.looked_by = run_.tool;
  }

  static void describe(Problem& problem, const Observation& seen, Status status) {
    problem.status = status;
    problem.severity = seen.severity;
    problem.code = seen.code;
    problem.explained_by = seen.explained_by;
    problem.texts = seen.texts;
  }

  Book& book_;
  const RunSeen& run_;
  const Suppression& suppression_;
  const Now& now_;
  const PolicySettings& settings_;
  Followed followed_;
};

bool contains(const std::vector<Severity>& severities, Severity severity) {
  return std::ranges::find(severities, severity) != severities.end();
}

}  // namespace

bool is_bad(const Problem& problem) {
  return !problem.ended && problem.status != Status::skipped && problem.status != Status::ok;
}

bool is_loud(const Problem& problem, const PolicySettings& settings) {
  return problem.status == Status::critical || contains(settings.loud, problem.severity);
}

bool is_told(const Problem& problem, const PolicySettings& settings) {
  return is_loud(problem, settings) || contains(settings.quiet, problem.severity);
}

bool is_confirmed(const Problem& problem) {
  if (problem.confirm_runs > 0) return problem.bad_runs >= problem.confirm_runs;
  if (problem.status == Status::critical || problem.period >= hour) return problem.bad_runs >= 1;
  return problem.bad_runs >= 2;
}

bool is_fresh(const Problem& problem, Tick now) {
  return now - problem.looked <= fresh_periods * problem.period;
}

Followed follow(Book& book, const RunSeen& run, const Suppression& suppression, const Now& now,
                const PolicySettings& settings) {
  return Follower{book, run, suppression, now, settings}.follow();
}

std::vector<std::string> roots_of(const Book& book, const Now& now) {
  std::vector<RootNode> nodes;  // what has ended, or not been looked at for long, explains nothing
  nodes.reserve(book.problems.size());
  for (const Problem& problem : book.problems) {
    const bool counts = !problem.ended && is_fresh(problem, now.tick);
    nodes.push_back({problem.id, counts ? problem.status : Status::ok, &problem.explained_by});
  }
  // What was well once and has not ended yet does explain: slower tools still meet what it has
  // left behind. What is bad now does so before it.
  const std::vector<std::size_t> found = find_roots(nodes);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (book.problems[i].good_runs > 0) nodes[i].status = Status::ok;
  }
  const std::vector<std::size_t> now_bad = find_roots(nodes);
  std::vector<std::string> roots(book.problems.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    const std::size_t root = now_bad[i] == no_root ? found[i] : found[now_bad[i]];
    if (root != no_root) {
      roots[i] = book.problems[root].id;
    } else if (is_bad(book.problems[i])) {
      roots[i] = book.problems[i].id;
    }
  }
  return roots;
}

void hold_back(Book& book, const Problem& problem, Status status, const HeldBecause& because,
               const Now& now) {
  const auto last = std::ranges::find_if(book.held.rbegin(), book.held.rend(),
                                         [&](const Held& held) { return held.id == problem.id; });
  const Milliseconds gap = 2 * std::max(problem.period, Milliseconds{60'000});
  if (last != book.held.rend() && last->reason == because.reason &&
      last->detail == because.detail && now.tick - last->last <= gap) {
    last->last = now.tick;
    last->status = status;
    ++last->runs;
    return;
  }
  book.held.push_back({problem.id, problem.texts.title, status, because.reason, because.detail,
                       now.tick, now.tick, 1});
  if (book.held.size() > most_held) book.held.erase(book.held.begin());
}

}  // namespace lectio
