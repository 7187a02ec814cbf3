#include "io/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "io/file.hpp"
#include "io/user.hpp"

namespace lectio {
namespace {

std::unexpected<Error> process_error(std::string_view action, int error) {
  return fail(ErrorKind::io, fmt::format("cannot {}: {}", action, std::strerror(error)));
}

// What keeps a child from becoming its program, told to the parent over a pipe.
struct StartFailure {
  enum class Step { user, directory, program } step;
  int error;
};

struct Pipe {
  Fd read;
  Fd write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return process_error("make a pipe", errno);
  return Pipe{Fd{ends[0]}, Fd{ends[1]}};
}

// A file in memory: no writer has to keep up with the child's reading.
Result<Fd> make_input(std::string_view input) {
  Fd file{::memfd_create("stdin", MFD_CLOEXEC)};
  if (!file) return process_error("make a file in memory", errno);
  while (!input.empty()) {
    const ssize_t written = ::write(file.get(), input.data(), input.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return process_error("write to a file in memory", errno);
    input.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::lseek(file.get(), 0, SEEK_SET) < 0) return process_error("rewind a file in memory", errno);
  return file;
}

std::vector<char*> as_vector(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// All that the child needs, made before the fork: after it only system calls are safe.
struct Child {
  std::vector<char*> argv;
  std::vector<char*> environment;
  const char* directory;
  const std::optional<User>& user;
  int input;
  int output;
  int errors;
  int failure;
  pid_t parent;

  [[noreturn]] void give_up(StartFailure::Step step) const {
    const StartFailure told{step, errno};
    [[maybe_unused]] const ssize_t written = ::write(failure, &told, sizeof told);
    ::_exit(127);
  }

  void reset_signals() const {
    for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
    sigset_t none{};
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
  }

  void become_user() const {
    if (!user) return;
    if (::setgroups(user->groups.size(), user->groups.data()) != 0 || ::setgid(user->gid) != 0 ||
        ::setuid(user->uid) != 0) {
      give_up(StartFailure::Step::user);
    }
  }

  [[noreturn]] void become_program() const {
    ::setpgid(0, 0);
    ::umask(022);
    reset_signals();
    ::dup2(input, STDIN_FILENO);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(errors, STDERR_FILENO);
    ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
    become_user();
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a change of user would have cleared it
    if (::getppid() != parent) ::_exit(127);
    if (directory != nullptr && ::chdir(directory) != 0) give_up(StartFailure::Step::directory);
    ::execve(argv[0], argv.data(), environment.data());
    give_up(StartFailure::Step::program);
  }
};

// Keeps the end of what it is given: the result and the error are told last.
class Tail {
 public:
  explicit Tail(std::size_t limit) : limit_(limit) {}

  void append(std::string_view piece) {
    text_ += piece;
    if (text_.size() > 2 * limit_) shorten();
  }
  std::string take(bool& cut) {
    shorten();
    cut = cut_;
    return std::move(text_);
  }

 private:
  void shorten() {
    if (text_.size() <= limit_) return;
    text_.erase(0, text_.size() - limit_);
    cut_ = true;
  }

  std::size_t limit_;
  std::string text_;
  bool cut_ = false;
};

struct Stream {
  Fd fd;
  Tail tail;

  // Reads what there is now, but no more than a pipe holds: a child that writes without
  // end must not keep us from looking at the clock. Closed at the end of the stream.
  void drain() {
    std::array<char, 16384> chunk{};
    for (int reads = 0; fd && reads < 64; ++reads) {
      const ssize_t got = ::read(fd.get(), chunk.data(), chunk.size());
      if (got > 0) {
        tail.append({chunk.data(), static_cast<std::size_t>(got)});
      } else if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
        fd.reset();
      } else if (errno == EAGAIN) {
        return;
      }
    }
  }
};

// A child between fork and wait. Its number stays its own until it is waited for.
class Running {
 public:
  Running(pid_t pid, Stream output, Stream errors)
      : pid_(pid),
        pidfd_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))),
        output_(std::move(output)),
        errors_(std::move(errors)) {}
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() {
    if (pid_ > 0) reap();
  }

  bool can_be_watched() const { return static_cast<bool>(pidfd_); }
  void signal(int number) const { ::kill(-pid_, number); }

  // False: time was up first, or somebody asked to stop.
  bool wait(const Deadline& deadline, const std::function<bool()>& stop) {
    while (true) {
      std::array<pollfd, 3> watched{pollfd{pidfd_.get(), POLLIN, 0},
                                    pollfd{output_.fd.get(), POLLIN, 0},
                                    pollfd{errors_.fd.get(), POLLIN, 0}};
      const auto left = std::min<Milliseconds::rep>(deadline.left().count(), 60'000);
      ::poll(watched.data(), watched.size(), static_cast<int>(left));
      output_.drain();
      errors_.drain();
      if ((watched[0].revents & POLLIN) != 0) return true;
      if (deadline.passed() || (stop && stop())) return false;
    }
  }

  // Ends what is left of the group, takes the last output and the exit status.
  ProcessResult finish(bool timed_out) {
    const siginfo_t ended = reap();
    output_.drain();
    errors_.drain();
    ProcessResult result;
    result.timed_out = timed_out;
    (ended.si_code == CLD_EXITED ? result.exit_code : result.signal) = ended.si_status;
    result.output = output_.tail.take(result.output_cut);
    result.errors = errors_.tail.take(result.errors_cut);
    return result;
  }

 private:
  siginfo_t reap() {
    signal(SIGKILL);
    siginfo_t ended{};
    while (::waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED) != 0 && errno == EINTR) {
    }
    pid_ = 0;
    return ended;
  }

  pid_t pid_;
  Fd pidfd_;
  Stream output_;
  Stream errors_;
};

// Waits for the exec: the pipe closes with it, or brings what went wrong.
std::optional<StartFailure> read_failure(const Fd& pipe) {
  StartFailure failure{};
  ssize_t got = 0;
  do {
    got = ::read(pipe.get(), &failure, sizeof failure);
  } while (got < 0 && errno == EINTR);
  if (got != static_cast<ssize_t>(sizeof failure)) return std::nullopt;
  return failure;
}

std::unexpected<Error> describe(const StartFailure& failure, const ProcessRequest& request) {
  const std::string as = request.user.empty() ? "" : fmt::format(" as {}", request.user);
  switch (failure.step) {
    case StartFailure::Step::user:
      return process_error(fmt::format("become user {}", request.user), failure.error);
    case StartFailure::Step::directory:
      return process_error(fmt::format("enter {}{}", request.directory, as), failure.error);
    case StartFailure::Step::program:
      break;
  }
  return process_error(fmt::format("run {}{}", request.argv.front(), as), failure.error);
}

// Nothing when `name` is who we are already.
Result<std::optional<User>> other_user(const std::string& name) {
  if (name.empty()) return std::nullopt;
  auto user = find_user(name);
  if (!user) return std::unexpected(user.error());
  if (user->uid == ::geteuid()) return std::nullopt;
  return std::move(*user);
}

}  // namespace

Result<ProcessResult> run_process(const ProcessRequest& request, Clock& clock) {
  const auto user = other_user(request.user);
  if (!user) return std::unexpected(user.error());
  auto input = request.input_fd < 0 ? make_input(request.input) : Fd{};
  if (!input) return std::unexpected(input.error());
  auto output = make_pipe();
  if (!output) return std::unexpected(output.error());
  auto errors = make_pipe();
  if (!errors) return std::unexpected(errors.error());
  auto failure = make_pipe();
  if (!failure) return std::unexpected(failure.error());
  const Child child{.argv = as_vector(request.argv),
                    .environment = as_vector(request.environment),
                    .directory = request.directory.empty() ? nullptr : request.directory.c_str(),
                    .user = *user,
                    .input = request.input_fd < 0 ? input->get() : request.input_fd,
                    .output = request.output_fd < 0 ? output->write.get() : request.output_fd,
                    .errors = errors->write.get(),
                    .failure = failure->write.get(),
                    .parent = ::getpid()};

  const Deadline deadline{clock, request.timeout};
  const pid_t pid = ::fork();
  if (pid < 0) return process_error("fork", errno);
  if (pid == 0) child.become_program();
  ::setpgid(pid, pid);  // here too: whoever comes first
  output->write.reset();
  errors->write.reset();
  failure->write.reset();
  for (const Fd* end : {&output->read, &errors->read}) ::fcntl(end->get(), F_SETFL, O_NONBLOCK);

  Running running{pid, Stream{std::move(output->read), Tail{request.max_output}},
                  Stream{std::move(errors->read), Tail{request.max_output}}};
  if (!running.can_be_watched()) return process_error("watch a child", errno);
  if (const auto failed = read_failure(failure->read)) return describe(*failed, request);
  const bool in_time = running.wait(deadline, request.stop);
  if (!in_time) {
    running.signal(SIGTERM);
    running.wait(Deadline{clock, request.kill_after}, {});
  }
  return running.finish(!in_time);
}

}  // namespace lectio
