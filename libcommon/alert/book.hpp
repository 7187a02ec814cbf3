// The one book of all tools: what is wrong, since when, and what has been told of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/severity.hpp"

namespace lectio {

// Time since the book was begun, in ms: boot-time clock within a boot, wall clock across
// boots. It never steps back, whatever the wall clock does.
using Tick = Milliseconds;

// A check's words in the language of the alerts, as its tool had them when it last looked.
struct ToldTexts {
  std::string title;
  std::string summary;
  std::string meaning;
  std::string action;
  std::string log = {};     // last lines of a failed unit's journal
  std::string repair = {};  // of an event that is one: what was done
  bool operator==(const ToldTexts&) const = default;
};

// A check that is not well, followed over runs by its id.
struct Problem {
  std::string id;
  std::string tool;        // the quickest of those that look
  Milliseconds period{0};  // of that tool
  // warning, critical or unknown; skipped: nobody's problem, but a link between two.
  Status status = Status::warning;
  Severity severity = Severity::high;
  std::string code;
  std::vector<std::string> explained_by;
  ToldTexts texts;
  Tick since{0};               // start of the run that first saw it
  Tick seen{0};                // start of the last run that saw it not well
  Tick looked{0};              // start of the last run that looked, whatever it found
  std::string looked_by = {};  // its tool
  int bad_runs = 0;            // in a row
  int good_runs = 0;           // in a row
  std::uint64_t incident = 0;  // 0: of none (yet)
  std::optional<Tick> ended;   // closed; kept for a while, for it may return
  // Of the last sound made about it; `ok`: none was.
  Status sounded = Status::ok;
  Tick sounded_at{0};
  std::string deploy;    // the deploy inside which it began; empty: none
  int confirm_runs = 0;  // bad runs in a row before it is told; 0: by status and period
  // Of an event check: how often it has happened; 0: each time is told by itself.
  int times = 0;
  bool operator==(const Problem&) const = default;
};

// One root cause and everything explained by it, whichever tool saw it.
struct Incident {
  std::uint64_t id = 0;
  std::string root;   // id of the problem that is its title now
  std::string cause;  // title of the deepest or last cause told, for its end and the history
  std::string cause_id;
  Tick opened{0};                   // the earliest `since` of what was told with it
  Tick told{0};                     // when its message was queued
  Status status = Status::warning;  // the worst that was told
  bool loud = false;
  int reminders = 0;  // thresholds passed
  Tick edited{0};     // the live message's last text
  std::string shown;  // what that text depended on
  Tick sounded{0};    // its last sound but that of its end
  bool flapping = false;
  bool owed = false;                // «again» waits for the cooldown
  Tick changed{0};                  // last turn of a flapping one
  std::string deploy;               // after which deploy it was told; empty: none
  std::string repair;               // after which nothing of it was bad any more; empty: none
  std::vector<std::string> checks;  // ids of all that was told with it
  std::optional<Tick> ended;        // kept for a while, for it may return
  bool operator==(const Incident&) const = default;
};

struct Mute {
  std::string check;  // empty: all
  std::string reason;
  std::string who;
  Tick since{0};
  Tick until{0};
  struct Hidden {
    std::string id;
    std::string title;
    Tick since{0};
    Tick seen{0};
    bool operator==(const Hidden&) const = default;
  };
  std::vector<Hidden> hidden;
  bool no_repair = false;  // nothing is mended meanwhile
  bool operator==(const Mute&) const = default;
};

// A fact that comes again and again: one message, whose text is edited.
struct Series {
  std::string id;
  std::uint64_t incident = 0;  // number of the message
  Problem fact;                // as it was last; since: the first time, times: in all
  Tick begun{0};               // when it was first to be told
  Tick last{0};
  Tick edited{0};  // the message's last text
  int shown = 0;   // times that this text tells
  bool operator==(const Series&) const = default;
};

// Why something was not told, for «why was I not told?».
struct Held {
  std::string id;
  std::string title;
  Status status = Status::warning;  // ok: its end was not told
  std::string reason;  // confirm, deploy, mute, boot, cooldown, flapping, low, explained
  std::string detail;  // the deploy, the mute's reason, "1/2"
  Tick first{0};
  Tick last{0};
  int runs = 0;
  bool operator==(const Held&) const = default;
};

// RUN_DIR/deploy_in_progress as the runs saw it.
struct MarkerMemory {
  std::string identity;  // inode and time of change; empty: there is none
  Tick first{0};         // when the stretch began that it belongs to
  Tick touched{0};       // its last touch
  bool active = false;
  std::optional<Tick> ended;  // of the last deploy
  std::string label;          // who and what, of that deploy
  bool operator==(const MarkerMemory&) const = default;
};

struct ToolRun {
  std::string tool;
  int checks = 0;
  bool operator==(const ToolRun&) const = default;
};

struct Book {
  std::uint64_t saves = 0;     // grows with every save: the greater of two copies is the newer
  std::uint64_t sequence = 0;  // of the last notice
  std::uint64_t last_incident = 0;
  // The instant of the last save on every clock.
  Tick tick{0};
  WallTime wall{};
  BootTime boot{0};
  std::string boot_id;

  std::vector<Problem> problems;
  std::vector<Incident> incidents;  // open ones, and closed ones that may return
  std::vector<Mute> mutes;
  std::vector<Held> held;
  std::vector<Problem> facts;  // event checks that a suppression holds back
  std::vector<Series> series;
  std::vector<ToolRun> tools;
  MarkerMemory marker;
  Tick muted_told{0};   // the last reminder of ALERTS_MUTED
  Tick legacy_mute{0};  // when ALERTS_MUTE_FILE was first seen to mute; 0: it does not
  Tick proof{0};        // the last proof of life
  int incidents_since_proof = 0;

  Problem* find(std::string_view id);
  const Problem* find(std::string_view id) const;
  Incident* incident(std::uint64_t id);
  const Incident* incident(std::uint64_t id) const;
  bool operator==(const Book&) const = default;
};

// An empty one. Its numbers begin beyond those of any book before it, for notices and messages
// of a lost one may still be there.
Book begin_book(WallTime now);

// The document of book.json, schema 1.
std::string to_json(Book book);
// ErrorKind::protocol: not a book of ours.
Result<Book> parse_book(std::string_view json);

}  // namespace lectio
