#include "deploy_safe/stop.hpp"

#include <unistd.h>

#include <csignal>
#include <string_view>

namespace lectio {
namespace {

volatile std::sig_atomic_t asked = 0;

void ask(int /*signal*/) {
  asked = 1;
  constexpr std::string_view message = "\nstopping where the site is whole: please wait\n";
  static_cast<void>(!::write(STDERR_FILENO, message.data(), message.size()));
}

// The run's deadline would end it where it stands.
void ask_first(int signal) {
  ask(signal);
  std::signal(SIGALRM, SIG_DFL);
  ::alarm(300);
}

}  // namespace

void heed_stop_signals() {
  std::signal(SIGALRM, ask_first);
  struct sigaction action{};
  action.sa_handler = ask;
  action.sa_flags = SA_RESTART;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) ::sigaction(signal, &action, nullptr);
}

bool stop_asked() { return asked != 0; }

}  // namespace lectio
