// Somebody else's process, held whatever becomes of its number.
#pragma once

#include <sys/types.h>

#include <optional>
#include <utility>

#include "io/file.hpp"

namespace lectio {

class ProcessHandle {
 public:
  // Empty: there is no such process.
  static std::optional<ProcessHandle> open(pid_t pid);

  bool is_gone() const;
  void send(int signal) const;

 private:
  explicit ProcessHandle(Fd fd) : fd_(std::move(fd)) {}

  Fd fd_;
};

}  // namespace lectio
