// Runs a command and prints what it cost, from a parent small enough not to show:
//   cost CMD ARGS...   ->   EXIT WALL_US CPU_US MAX_RSS_KB   (on stderr, last line)
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

namespace {

long microseconds(const timeval& time) { return time.tv_sec * 1'000'000L + time.tv_usec; }

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: cost CMD ARGS...\n", stderr);
    return 3;
  }
  const auto began = std::chrono::steady_clock::now();
  const pid_t child = ::fork();
  if (child == 0) {
    ::execvp(argv[1], argv + 1);
    ::_exit(127);
  }
  int status = 0;
  rusage usage{};
  if (child < 0 || ::wait4(child, &status, 0, &usage) != child) return 3;
  const auto wall = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - began);
  std::fprintf(stderr, "%d %ld %ld %ld\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128,
               long{wall.count()}, microseconds(usage.ru_utime) + microseconds(usage.ru_stime),
               usage.ru_maxrss);
  return 0;
}
