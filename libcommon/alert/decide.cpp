#include <algorithm>
#include <map>

#include "alert/incidents.hpp"
#include "alert/policy.hpp"
#include "alert/problems.hpp"
#include "alert/series.hpp"
#include "alert/suppression.hpp"

namespace lectio {
namespace {

constexpr Milliseconds day{86'400'000};
constexpr std::size_t most_facts = 100;
constexpr std::ptrdiff_t most_kinds_held = 20;

// What belongs to no incident: facts of one moment, and the reports about ourselves.
class Reports {
 public:
  Reports(Book& book, const RunSeen& run, const Surroundings& around,
          const Suppression& suppression, const Now& now, const PolicySettings& settings)
      : book_(book),
        run_(run),
        around_(around),
        suppression_(suppression),
        now_(now),
        settings_(settings) {}

  std::vector<Event> collect() {
    facts();
    mutes();
    muted_by_config();
    proof_of_life();
    return std::move(events_);
  }

 private:
  void facts() {
    std::vector<Problem> due = std::exchange(book_.facts, {});
    for (Problem fact : run_.facts) {
      if (fact.since == Tick{0}) fact.since = run_.started;
      if (fact.tool.empty()) fact.tool = run_.tool;
      if (!fact.texts.repair.empty()) keep_repair(fact);
      due.push_back(std::move(fact));
    }
    for (Problem& fact : due) {
      if (!is_told(fact, settings_)) {
        hold_back_fact(fact, {"low", {}});
      } else if (const auto because = suppression_.of(fact.id)) {
        if (because->reason == "deploy" && fact.deploy.empty()) fact.deploy = because->detail;
        hold_back_fact(fact, *because);
        keep_for_later(std::move(fact));
      } else if (const std::string cause = cause_of(fact); !cause.empty()) {
        hold_back_fact(fact, {"explained", cause});
      } else if (fact.times > 0) {
        add_to_series(book_, std::move(fact), now_);
      } else {
        Event event = make(EventKind::fact);
        event.loud = is_loud(fact, settings_);
        event.tier = tier_of(fact.status, event.loud);
        event.fact = std::move(fact);
        events_.push_back(std::move(event));
      }
    }
    if (book_.facts.size() > most_facts) {
      book_.facts.erase(book_.facts.begin(), book_.facts.end() - most_facts);
    }
    if (suppression_.of_all()) return;
    for (Event& event : tell_series(book_, now_, settings_)) events_.push_back(std::move(event));
  }

  // The end of the incident will name it.
  void keep_repair(const Problem& fact) {
    const Problem* const mended = book_.find(fact.id);
    Incident* const incident = mended == nullptr ? nullptr : book_.incident(mended->incident);
    if (incident != nullptr && !incident->ended) incident->repair = fact.texts.repair;
  }

  void keep_for_later(Problem fact) {
    const auto same = [&] {
      return std::ranges::find_if(
          book_.facts, [&](const Problem& held) { return held.times > 0 && held.id == fact.id; });
    };
    const auto kinds =
        std::ranges::count_if(book_.facts, [](const Problem& held) { return held.times > 0; });
    if (fact.times > 0 && same() == book_.facts.end() && kinds >= most_kinds_held) {
      fact.id = id_of_others(fact.id);
    }
    const auto held = fact.times > 0 ? same() : book_.facts.end();
    if (held == book_.facts.end()) return book_.facts.push_back(std::move(fact));
    held->times = add_times(held->times, fact.times);
  }

  // A kind of fact for all of its kinds.
  void hold_back_fact(Problem fact, const HeldBecause& because) {
    if (fact.times > 0) fact.id.resize(std::min(fact.id.find(':'), fact.id.size()));
    hold_back(book_, fact, fact.status, because, now_);
  }

  // Whose incident says it all; empty: nobody's.
  std::string cause_of(const Problem& fact) const {
    for (const std::string& id : fact.explained_by) {
      const Problem* const cause = book_.find(id);
      if (cause != nullptr && cause->incident != 0 && !cause->ended &&
          cause->status == Status::critical && is_fresh(*cause, now_.tick)) {
        return id;
      }
    }
    return {};
  }

  void mutes() {
    for (const Mute& mute : suppression_.ended_mutes()) {
      if (mute.hidden.empty()) continue;
      Event event = make(EventKind::mute_ended);
      event.mute = mute;
      for (const Mute::Hidden& hidden : mute.hidden) {
        const Problem* problem = book_.find(hidden.id);
        if (problem != nullptr && is_bad(*problem)) event.still_bad.push_back(hidden.id);
      }
      events_.push_back(std::move(event));
    }
  }

  void muted_by_config() {
    if (!around_.muted_by_config) {
      book_.muted_told = Tick{0};
      return;
    }
    const auto& because = suppression_.of_all();
    if (because && because->reason != "mute") return;
    if (book_.muted_told != Tick{0} && now_.tick - book_.muted_told < day) return;
    book_.muted_told = now_.tick;
    events_.push_back(make(EventKind::muted_by_config));
  }

  void proof_of_life() {
    if (book_.proof == Tick{0}) book_.proof = now_.tick;
    if (!settings_.proof || suppression_.of_all()) return;
    if (now_.tick - book_.proof < *settings_.proof) return;
    Event event = make(EventKind::proof_of_life);
    for (const ToolRun& tool : book_.tools) event.checks += tool.checks;
    event.incidents = std::exchange(book_.incidents_since_proof, 0);
    book_.proof = now_.tick;
    events_.push_back(std::move(event));
  }

  static Event make(EventKind kind) {
    Event event;
    event.kind = kind;
    event.tier = Tier::info;
    return event;
  }

  Book& book_;
  const RunSeen& run_;
  const Surroundings& around_;
  const Suppression& suppression_;
  const Now& now_;
  const PolicySettings& settings_;
  std::vector<Event> events_;
};

void count_checks(Book& book, const RunSeen& run) {
  if (run.known.empty()) return;
  const auto found = std::ranges::find(book.tools, run.tool, &ToolRun::tool);
  ToolRun& tool = found == book.tools.end() ? book.tools.emplace_back() : *found;
  tool = {run.tool, static_cast<int>(run.known.size())};
}

}  // namespace

Now now_of(const Book& book, WallTime wall, BootTime boot, const std::string& boot_id) {
  const auto passed = boot_id == book.boot_id
                          ? std::chrono::duration_cast<Milliseconds>(boot - book.boot)
                          : std::chrono::duration_cast<Milliseconds>(wall - book.wall);
  const Tick begun = book.saves == 0 ? Tick{day} : book.tick;
  const bool first = book.saves == 0;
  return {begun + (first ? Milliseconds{0} : std::max(passed, Milliseconds{0})), wall};
}

Decision decide(Book book, const RunSeen& run, const Surroundings& around, const Now& now,
                const PolicySettings& settings) {
  Decision decision;
  count_checks(book, run);
  const Suppression suppression{book, run, around, now, settings};
  const Followed followed = follow(book, run, suppression, now, settings);
  Incidents incidents{book, followed, suppression, now, settings};
  decision.events = incidents.settle();
  decision.past = incidents.past();
  for (Event& event : Reports{book, run, around, suppression, now, settings}.collect()) {
    decision.events.push_back(std::move(event));
  }
  for (Event& event : decision.events) event.sequence = ++book.sequence;
  decision.book = std::move(book);
  return decision;
}

std::optional<Held> suppression_of(Book book, const std::string& check, const RunSeen& run,
                                   const Surroundings& around, const Now& now,
                                   const PolicySettings& settings) {
  const auto because = Suppression{book, run, around, now, settings}.of(check);
  if (!because) return std::nullopt;
  Held held;
  held.id = check;
  held.reason = because->reason;
  held.detail = because->detail;
  held.first = held.last = now.tick;
  return held;
}

}  // namespace lectio
