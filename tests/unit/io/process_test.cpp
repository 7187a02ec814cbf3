#include "io/process.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "io/file.hpp"
#include "io/system_clock.hpp"

namespace lectio {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;

ProcessRequest python(const std::string& script) {
  return {.argv = {"/usr/bin/python3", "-I", "-c", script}};
}

class Process : public testing::Test {
 protected:
  ProcessResult run(const ProcessRequest& request) {
    auto result = run_process(request, clock_);
    EXPECT_TRUE(result.has_value()) << result.error().message;
    return result.value_or(ProcessResult{});
  }
  // True when `pid` is gone or dead; it is given time to become so.
  bool ended(pid_t pid) {
    for (int tries = 0; tries < 500; ++tries) {
      const auto status = read_file("/proc/" + std::to_string(pid) + "/stat");
      if (!status || status->find(") Z ") != std::string::npos) return true;
      clock_.sleep(Milliseconds{10});
    }
    return false;
  }

  SystemClock clock_;
};

TEST_F(Process, GivesArgumentsAsTheyAreWithoutAShell) {
  const auto result = run({.argv = {"/bin/echo", "$HOME; `id`", "a  b"}});
  EXPECT_TRUE(result.ok());
  EXPECT_EQ(result.output, "$HOME; `id` a  b\n");
}

TEST_F(Process, TellsExitCodeAndSignal) {
  EXPECT_EQ(run(python("raise SystemExit(7)")).exit_code, 7);
  const auto killed = run(python("import os; os.kill(os.getpid(), 9)"));
  EXPECT_EQ(killed.signal, SIGKILL);
  EXPECT_FALSE(killed.ok());
}

TEST_F(Process, ReadsAndWritesOpenFiles) {
  const std::string in = testing::TempDir() + "process.in";
  const std::string out = testing::TempDir() + "process.out";
  ASSERT_TRUE(write_file_atomically(in, "from a file", 0600));
  const Fd input{::open(in.c_str(), O_RDONLY | O_CLOEXEC)};
  const Fd output{::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
  ProcessRequest request{.argv = {"/bin/cat"}};
  request.input_fd = input.get();
  request.output_fd = output.get();
  const auto result = run(request);
  EXPECT_TRUE(result.ok());
  EXPECT_EQ(result.output, "");
  EXPECT_EQ(read_file(out), "from a file");
}

TEST_F(Process, IsStoppedWhenASignalAsksForIt) {
  static volatile sig_atomic_t asked = 0;
  ::signal(SIGUSR1, [](int) { asked = 1; });
  ProcessRequest request = python(
      "import os, signal, time\n"
      "os.kill(os.getppid(), signal.SIGUSR1); time.sleep(60)");
  request.stop = [] { return asked != 0; };
  const auto result = run(request);
  ::signal(SIGUSR1, SIG_DFL);
  EXPECT_TRUE(result.timed_out);
  EXPECT_EQ(result.signal, SIGTERM);
}

TEST_F(Process, InheritsNoEnvironment) {
  ::setenv("SMOKE_TEACHER_PASSWORD", "secret", 1);
  const auto result = run({.argv = {"/usr/bin/env"}, .environment = {"ONLY=this"}});
  ::unsetenv("SMOKE_TEACHER_PASSWORD");
  EXPECT_EQ(result.output, "ONLY=this\n");
}

TEST_F(Process, InheritsNoDescriptor) {
  const Fd leaked{::dup(STDERR_FILENO)};
  const auto result =
      run(python("import os\n"
                 "opened = []\n"
                 "for fd in range(3, 256):\n"
                 "  try: os.fstat(fd); opened.append(fd)\n"
                 "  except OSError: pass\n"
                 "print(opened)"));
  EXPECT_EQ(result.output, "[]\n");
}

TEST_F(Process, FeedsMoreInputThanAPipeHolds) {
  ProcessRequest request = python("import sys; print(len(sys.stdin.buffer.read()))");
  request.input = std::string(3'000'000, 'x');
  EXPECT_EQ(run(request).output, "3000000\n");
}

TEST_F(Process, AChildThatReadsNothingIsNoTrouble) {
  ProcessRequest request{.argv = {"/bin/true"}};
  request.input = std::string(3'000'000, 'x');
  EXPECT_TRUE(run(request).ok());
}

TEST_F(Process, KeepsTheEndOfMuchOutput) {
  ProcessRequest request = python(
      "import sys\n"
      "for stream in (sys.stdout, sys.stderr): stream.write('x' * 5000000 + 'the end')");
  request.max_output = 1000;
  const auto result = run(request);
  EXPECT_TRUE(result.output_cut);
  EXPECT_TRUE(result.errors_cut);
  EXPECT_EQ(result.output.size(), 1000U);
  EXPECT_THAT(result.output, EndsWith("xthe end"));
  EXPECT_THAT(result.errors, EndsWith("xthe end"));
}

TEST_F(Process, EndsAChildThatWritesForever) {
  const auto result = run({.argv = {"/usr/bin/yes"}, .timeout = Milliseconds{1500}});
  EXPECT_TRUE(result.timed_out);
  EXPECT_EQ(result.signal, SIGTERM);
  EXPECT_TRUE(result.output_cut);
}

TEST_F(Process, AsksAChildToEndWhenItsTimeIsUp) {
  ProcessRequest request = python(
      "import signal, sys, time\n"
      "signal.signal(signal.SIGTERM, lambda *_: (print('asked', flush=True), sys.exit(3)))\n"
      "print('ready', flush=True)\n"
      "time.sleep(600)");
  request.timeout = Milliseconds{2000};
  request.kill_after = Milliseconds{60000};
  const auto result = run(request);
  EXPECT_TRUE(result.timed_out);
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.output, "ready\nasked\n");
}

TEST_F(Process, KillsAChildThatDoesNotListen) {
  const auto result = run({.argv = {"/usr/bin/python3", "-I", "-c",
                                    "import signal, time\n"
                                    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
                                    "time.sleep(600)"},
                           .timeout = Milliseconds{2000},
                           .kill_after = Milliseconds{50}});
  EXPECT_TRUE(result.timed_out);
  EXPECT_EQ(result.signal, SIGKILL);
}

TEST_F(Process, LeavesNoGrandchildBehind) {
  const auto result =
      run(python("import subprocess\n"
                 "print(subprocess.Popen(['/bin/sleep', '600']).pid, flush=True)"));
  EXPECT_TRUE(result.ok());
  EXPECT_TRUE(ended(std::stoi(result.output)));
}

TEST_F(Process, LeavesNoZombie) {
  run({.argv = {"/bin/true"}});
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST_F(Process, TheChildDoesNotOutliveUs) {
  const auto probe =
      std::filesystem::temp_directory_path() / ("process_test." + std::to_string(::getpid()));
  const pid_t us = ::fork();
  if (us == 0) {
    ProcessRequest request = python(
        "import os, sys, time\n"
        "open(sys.argv[1] + '.new', 'w').write(str(os.getpid()))\n"
        "os.rename(sys.argv[1] + '.new', sys.argv[1])\n"
        "time.sleep(600)");
    request.argv.push_back(probe);
    ::_exit(run_process(request, clock_) ? 0 : 1);
  }
  while (!std::filesystem::exists(probe)) clock_.sleep(Milliseconds{5});
  const pid_t child = std::stoi(read_file(probe).value_or("0"));
  ::kill(us, SIGKILL);
  ::waitpid(us, nullptr, 0);
  std::filesystem::remove(probe);
  EXPECT_TRUE(ended(child));
}

TEST_F(Process, InheritsNeitherIgnoredSignalsNorUmask) {
  ::signal(SIGPIPE, SIG_IGN);
  const mode_t before = ::umask(0077);
  const auto result = run({.argv = {"/bin/grep", "-E", "SigIgn|Umask", "/proc/self/status"}});
  ::umask(before);
  ::signal(SIGPIPE, SIG_DFL);
  EXPECT_THAT(result.output,
              AllOf(HasSubstr("SigIgn:\t0000000000000000"), HasSubstr("Umask:\t0022")));
}

TEST_F(Process, WorksInItsDirectory) {
  EXPECT_EQ(run({.argv = {"/bin/pwd"}, .directory = "/usr"}).output, "/usr\n");
}

TEST_F(Process, SaysWhyItDidNotStart) {
  const auto missing = run_process({.argv = {"/no/such/program"}}, clock_);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message, "cannot run /no/such/program: No such file or directory");
  const auto nowhere = run_process({.argv = {"/bin/true"}, .directory = "/no/where"}, clock_);
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().message, "cannot enter /no/where: No such file or directory");
  const auto nobody = run_process({.argv = {"/bin/true"}, .user = "no-such-user"}, clock_);
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().kind, ErrorKind::config);
  EXPECT_EQ(nobody.error().message, "there is no user no-such-user");
}

TEST_F(Process, BecomesAnotherUserWithItsGroupsOnly) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  const std::string ids = "import os; print(os.getresuid(), os.getresgid(), os.getgroups())";
  ProcessRequest request = python(ids);
  request.user = "nobody";
  EXPECT_EQ(run(request).output, "(65534, 65534, 65534) (65534, 65534, 65534) [65534]\n");
  request.user = "65534";
  EXPECT_THAT(run(request).output, HasSubstr("[65534]"));
}

TEST_F(Process, EntersADirectoryWithTheRightsOfTheUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  const auto refused =
      run_process({.argv = {"/bin/true"}, .directory = "/root", .user = "nobody"}, clock_);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, AllOf(HasSubstr("/root as nobody"), HasSubstr("denied")));
}

}  // namespace
}  // namespace lectio
