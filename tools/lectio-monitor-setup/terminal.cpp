#include "lectio-monitor-setup/terminal.hpp"

#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>

#include "tool/output.hpp"

namespace lectio {
namespace {

// What is typed is not shown while this lives.
class Hidden {
 public:
  Hidden() : is_set_(::tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (!is_set_) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
  }
  Hidden(const Hidden&) = delete;
  Hidden& operator=(const Hidden&) = delete;
  Hidden(Hidden&&) = delete;
  Hidden& operator=(Hidden&&) = delete;
  ~Hidden() {
    if (!is_set_) return;
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    std::fputc('\n', stdout);
  }

 private:
  termios before_{};
  bool is_set_;
};

}  // namespace

bool somebody_is_there() { return ::isatty(STDIN_FILENO) == 1 && stdout_is_terminal(); }

std::optional<std::string> ask(const std::string& question, Echo echo) {
  // Before the question: what is typed from then on counts.
  std::optional<Hidden> hidden;
  if (echo == Echo::off) hidden.emplace();
  std::fputs((question + ": ").c_str(), stdout);
  std::fflush(stdout);
  std::string line;
  if (!std::getline(std::cin, line)) return std::nullopt;
  const std::size_t begin = line.find_first_not_of(" \t\r");
  if (begin == std::string::npos) return std::string{};
  return line.substr(begin, line.find_last_not_of(" \t\r") + 1 - begin);
}

}  // namespace lectio
