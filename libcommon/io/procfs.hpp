// What the kernel tells under /proc.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace lectio {

struct MemoryInfo {  // bytes
  std::uint64_t total = 0;
  std::uint64_t available = 0;  // MemAvailable: what can be had without swapping
  std::uint64_t swap_total = 0;
  std::uint64_t swap_free = 0;
};

struct Process {
  pid_t pid = 0;
  pid_t parent = 0;
  char state = '?';         // R, S, D, T (stopped), Z (zombie), ...
  std::string name;         // at most 15 bytes
  Milliseconds started{0};  // since the boot of the machine
  Milliseconds cpu{0};      // used since then
};

// Errors (ErrorKind::io) name the file. `root` is "/proc" but in tests.
class Procfs {
 public:
  explicit Procfs(std::string root = "/proc") : root_(std::move(root)) {}

  Result<MemoryInfo> memory() const;
  // Processes killed for want of memory since the boot, in a unit's limit or the machine's.
  Result<std::uint64_t> oom_kills() const;
  // Its own children, zombies too, without theirs. No such process is an error.
  Result<std::vector<Process>> children(pid_t parent) const;
  // All that there are, kernel threads too.
  Result<std::vector<Process>> processes() const;
  // Empty: there is none.
  std::optional<Process> process(pid_t pid) const;
  Result<std::vector<std::string>> command_line(pid_t pid) const;
  // Of its environment as it was started, and nothing else of it. Empty: not set, or not to be
  // read.
  std::optional<std::string> variable(pid_t pid, std::string_view name) const;
  // What the process would read under this path: a relative one is from its working directory.
  Result<std::string> file(pid_t pid, std::string_view path) const;
  // Bytes in memory that no file and no other process shares; 0 of one that has ended.
  std::uint64_t own_memory(pid_t pid) const;
  // As systemd names it: "/system.slice/nginx.service"; "/": of none.
  Result<std::string> control_group(pid_t pid) const;
  // Device and inode of whatever any process has open.
  Result<std::set<std::pair<dev_t, ino_t>>> open_files() const;
  Result<Milliseconds> uptime() const;
  Result<std::string> boot_id() const;

 private:
  Result<std::vector<Process>> children_of_all(pid_t parent) const;

  std::string root_;
};

}  // namespace lectio
