// The commands of `alerts`, one function each. They return the exit code.
#pragma once

#include <string>

#include "alerts/desk.hpp"
#include "base/result.hpp"

namespace lectio {

// What was asked on the command line.
struct Asked {
  std::string duration;
  std::string check;
  std::string reason;
  bool no_repair = false;
  std::string title;
  std::string severity = "high";
  int limit = 20;
  std::string text;  // of `send`
};

// All of stdin that a message could hold, however long its writer takes.
std::string read_stdin();

// 0 when nothing is open, 1 or 2 by the worst that is.
Result<int> status(const Desk& desk);
Result<int> mute(const Desk& desk, const Asked& asked);
// 1 when something goes on muting: a wider mute, or the configuration.
Result<int> unmute(const Desk& desk, const Asked& asked);
Result<int> history(const Desk& desk, const Asked& asked);
Result<int> why(const Desk& desk, const Asked& asked);
// Sends what waits and what was refused; nothing where ALERTS is off. 1 when something is left.
Result<int> flush(const Desk& desk);
// An event from elsewhere. 0 when it was sent; 1 when not, or not yet: it waits, is held back, or
// ALERTS is off; 2 when it was refused or got lost.
Result<int> send(const Desk& desk, const Asked& asked);

}  // namespace lectio
