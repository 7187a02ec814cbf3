// One child process: an argument vector, never a shell.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace lectio {

struct ProcessRequest {
  std::vector<std::string> argv;              // argv[0] is the path of the program
  std::vector<std::string> environment = {};  // NAME=value; nothing is inherited
  std::string directory = {};                 // entered as `user`; empty: ours
  std::string user = {};   // name or number, with its groups; empty: ours; needs root if another
  std::string input = {};  // its whole stdin
  int input_fd = -1;       // an open file instead of it; -1: none
  int output_fd = -1;  // an open file for stdout, of which `output` then holds nothing; -1: none
  Milliseconds timeout{60000};
  std::function<bool()> stop = {};                 // asked after each signal: true is a time-out
  Milliseconds kill_after{2000};                   // from SIGTERM to SIGKILL
  std::size_t max_output = std::size_t{1} << 20U;  // bytes of stdout and of stderr, each
};

struct ProcessResult {
  int exit_code = 0;  // meaningless when `signal` is set
  int signal = 0;     // that ended it; 0: it exited
  bool timed_out = false;
  std::string output = {};  // of each stream its last `max_output` bytes
  std::string errors = {};
  bool output_cut = false;
  bool errors_cut = false;

  bool ok() const { return !timed_out && signal == 0 && exit_code == 0; }
};

// Waits for the child. It has a process group of its own and a umask of 022; what is left
// of the group when the child ends or its time is up is killed, and the child dies with us.
// An error (ErrorKind::io, ErrorKind::config for an unknown user) means that the program
// did not start.
Result<ProcessResult> run_process(const ProcessRequest& request, Clock& clock);

}  // namespace lectio
