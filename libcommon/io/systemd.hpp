// Units as systemd sees them, over sd-bus. A door: tests bring their own.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace lectio {

// The properties of org.freedesktop.systemd1.Unit and .Service that we read.
struct UnitState {
  std::string load_state;        // "loaded", "not-found", "masked"
  std::string active_state;      // "active", "inactive", "failed", "activating", ...
  std::string sub_state;         // "running", "dead", "auto-restart", ...
  std::string unit_file_state;   // "enabled", "disabled", "masked", ...
  std::string result;            // "success", "exit-code", "signal", "oom-kill", ...
  std::string reload_result;     // of the last reload, in the same words
  std::int32_t exit_status = 0;  // of the last main process: exit code or signal number
  std::uint32_t restarts = 0;    // automatic ones since it was last started by hand
  pid_t main_pid = 0;            // 0: none
  std::uint64_t since_usec = 0;  // wall clock of the last change of state
  std::uint32_t job = 0;         // queued or running for this unit; 0: none
  bool can_reload = false;
  bool was_active = false;  // since it was last started
};

// How the unit file says that its main process runs, whether it does or not.
struct UnitSettings {
  std::string type;                            // "simple", "notify", "oneshot", ...
  std::string user;                            // empty: root
  std::vector<std::string> start_command;      // ExecStart's, variables not filled in
  std::vector<std::string> environment;        // NAME=value
  std::vector<std::string> environment_files;  // paths; later ones win
};

enum class UnitOrder { start, stop, restart, reload };

class Systemd {
 public:
  virtual ~Systemd() = default;
  // `name` with or without ".service". A unit that does not exist is a state
  // ("not-found"), not an error. ErrorKind::io: this machine does not run systemd;
  // any other: it could not be asked (within 5 s).
  virtual Result<UnitState> unit(const std::string& name) = 0;
  virtual Result<UnitSettings> settings(const std::string& /*name*/) { return UnitSettings{}; }
  // The names of all that are "failed", whatever kind of unit they are.
  virtual Result<std::vector<std::string>> failed_units() { return std::vector<std::string>{}; }
  // Queues the job; UnitState::job tells when it has ended, the unit's state how. A start or
  // restart also forgets that the unit failed too often.
  virtual Result<void> order(UnitOrder /*order*/, const std::string& name) {
    return fail(ErrorKind::io, "nobody to order " + name);
  }
  // The last lines of the journal that the unit wrote, or systemd about it, the oldest first.
  // Empty: there are none, or they cannot be read.
  virtual std::vector<std::string> log(const std::string& /*name*/, std::size_t /*lines*/) {
    return {};
  }
};

// Connects at the first question: root talks to systemd itself (also when the
// message bus is down), others over the system bus.
std::unique_ptr<Systemd> make_systemd();

}  // namespace lectio
