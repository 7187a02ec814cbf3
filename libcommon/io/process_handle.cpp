#include "io/process_handle.hpp"

#include <poll.h>

extern "C" {  // glibc 2.36 forgot to say so
#include <sys/pidfd.h>
}

namespace lectio {

std::optional<ProcessHandle> ProcessHandle::open(pid_t pid) {
  Fd fd{::pidfd_open(pid, 0)};
  if (!fd) return std::nullopt;
  return ProcessHandle{std::move(fd)};
}

bool ProcessHandle::is_gone() const {
  pollfd ended{fd_.get(), POLLIN, 0};
  return ::poll(&ended, 1, 0) == 1;
}

void ProcessHandle::send(int signal) const { ::pidfd_send_signal(fd_.get(), signal, nullptr, 0); }

}  // namespace lectio
