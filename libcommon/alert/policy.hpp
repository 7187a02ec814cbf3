// From verdicts to what is said: the rules of alerting, without clock, file or network.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "alert/book.hpp"
#include "alert/event.hpp"
#include "base/clock.hpp"
#include "base/severity.hpp"

namespace lectio {

struct PolicySettings {
  Milliseconds cooldown{300'000};  // the same problem at the same status makes no sound
  std::vector<Milliseconds> reminders{
      Milliseconds{1'800'000}, Milliseconds{7'200'000},
      Milliseconds{21'600'000}};  // after the message; then every last
  Milliseconds settle{15'000};    // after a deploy, before its result counts
  Milliseconds grace{300'000};    // that a deploy marker counts
  Milliseconds boot{120'000};     // of uptime that excuse everything
  Milliseconds again{900'000};    // a return within it continues the incident
  Milliseconds steady{900'000};   // that ends flapping
  Milliseconds refresh{300'000};  // of the duration in the live message
  std::optional<Milliseconds> proof{Milliseconds{604'800'000}};  // of life; empty: off
  std::vector<Severity> loud{Severity::critical, Severity::high};
  std::vector<Severity> quiet{Severity::medium};
};

// What one check said.
struct Observation {
  std::string id;
  Status status = Status::ok;
  Severity severity = Severity::high;
  std::string code;
  std::vector<std::string> explained_by;
  ToldTexts texts;
  int confirm_runs = 0;    // bad runs in a row before it is told; 0: by status and period
  int critical_after = 0;  // a warning that is critical from this run in a row on; 0: never
  int times = 0;           // as Problem has it
};

struct RunSeen {
  std::string tool;
  Milliseconds period{0};
  Tick started{0};
  std::vector<Observation> observations;
  std::vector<std::string> known;  // ids of the tool's whole table; empty: cannot be told
  // Event checks: id, severity, status and texts; since and tool are the run's where not set.
  std::vector<Problem> facts;
};

// RUN_DIR/deploy_in_progress as it lies there now.
struct MarkerSeen {
  std::string identity;       // changes when it is touched or made anew
  Milliseconds age{0};        // since its last touch, by the wall clock; negative: future
  std::optional<bool> alive;  // ours: whether its process lives; empty: a bare file
  std::string label;          // who and what
};

struct Surroundings {
  std::optional<MarkerSeen> marker;
  std::optional<Milliseconds> run_dir_changed;  // age of the last file made or removed in RUN_DIR
  Milliseconds uptime{0};                       // when the run started
  bool muted_by_config = false;                 // ALERTS_MUTED
  std::optional<Milliseconds> mute_file;        // ALERTS_MUTE_FILE: what is left of it
};

// A closed incident that cannot return any more.
struct PastIncident {
  std::uint64_t id = 0;
  std::string cause;  // title
  std::string cause_id;
  WallTime opened{};
  WallTime ended{};
  Milliseconds lasted{0};  // by the book's clock
  Status status = Status::warning;
  std::string deploy;
  std::vector<std::string> checks;
};

struct Decision {
  Book book;
  std::vector<Event> events;  // numbered, in order
  std::vector<PastIncident> past;
};

// Now on the clock of `book`: by the boot-time clock if `boot_id` is the book's, else by the
// wall clock; a time before the book's own counts as the book's.
Now now_of(const Book& book, WallTime wall, BootTime boot, const std::string& boot_id);

Decision decide(Book book, const RunSeen& run, const Surroundings& around, const Now& now,
                const PolicySettings& settings);

// The deploy that holds everything back now, for --dry-run and `alerts status`; empty: none.
std::optional<Held> suppression_of(Book book, const std::string& check, const RunSeen& run,
                                   const Surroundings& around, const Now& now,
                                   const PolicySettings& settings);

// At most 24 h. A mute of the same check (or of all) is replaced.
inline constexpr Milliseconds longest_mute{86'400'000};
void add_mute(Book& book, Mute mute);
// `check` empty: every mute there is. Whether there was one. What it hid is reported by the next
// decision as at any end.
bool end_mute(Book& book, const std::string& check, const Now& now);

}  // namespace lectio
