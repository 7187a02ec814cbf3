#include "cleanup_processes/leftovers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "io/system_clock.hpp"

namespace lectio {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(ProcessPatterns, StandBetweenCommas) {
  EXPECT_THAT(*parse_process_patterns(" npm run *, , node *serve -s *,"),
              ElementsAre("npm run *", "node *serve -s *"));
  EXPECT_THAT(*parse_process_patterns(""), IsEmpty());
}

TEST(ProcessPatterns, ThatWouldMatchNearlyAnythingAreRefusedByName) {
  for (const char* list : {"npm run *, *", "?*", "*/*", "sh*"}) {
    const auto patterns = parse_process_patterns(list);
    ASSERT_FALSE(patterns) << list;
    EXPECT_EQ(patterns.error().kind, ErrorKind::config);
    EXPECT_THAT(patterns.error().message, HasSubstr("CLEANUP_PROCESSES"));
  }
}

class LeftoversTest : public testing::Test {
 protected:
  LeftoversTest() { write("uptime", "10000.00 1.00\n"); }
  ~LeftoversTest() override { std::filesystem::remove_all(root); }

  void write(const std::string& path, const std::string& content) {
    std::filesystem::create_directories(std::filesystem::path{root + "/" + path}.parent_path());
    std::ofstream{root + "/" + path} << content;
  }
  // One of them, `seconds` old.
  void process(int pid, int parent, const std::string& command, int seconds,
               const std::string& group = "/user.slice/session-3.scope", char state = 'S') {
    const std::string at = std::to_string(pid);
    const long ticks = (10000 - seconds) * ::sysconf(_SC_CLK_TCK);
    write(at + "/stat", at + " (x) " + state + " " + std::to_string(parent) +
                            " 1 1 0 -1 4194304 1 0 0 0 250 50 9 9 20 0 1 0 " +
                            std::to_string(ticks) + " 1 1");
    std::string arguments = command;
    std::ranges::replace(arguments, ' ', '\0');
    write(at + "/cmdline", arguments.empty() ? "" : arguments + '\0');
    write(at + "/cgroup", "0::" + group + "\n");
  }
  // "101", "102 of web.service", "103 with zombies"
  std::vector<std::string> found(pid_t self = 4000) const {
    const auto leftovers = find_leftovers(procfs, {{"npm run *", "node *serve -s *"}, 30min}, self);
    if (!leftovers) return {leftovers.error().message};
    std::vector<std::string> told;
    for (const Leftover& leftover : *leftovers) {
      told.push_back(std::to_string(leftover.process.pid) +
                     (leftover.owner.empty() ? "" : " of " + leftover.owner) +
                     (leftover.has_zombies ? " with zombies" : ""));
      EXPECT_EQ(leftover.may_end(), told.back().find(' ') == std::string::npos);
    }
    std::ranges::sort(told);
    return told;
  }

  std::string root = testing::TempDir() + "leftovers_test." + std::to_string(::getpid());
  Procfs procfs{root};
};

TEST_F(LeftoversTest, AreNamedByTheWholeCommandLine) {
  process(101, 1, "npm run build", 1801);
  process(102, 1, "node /usr/bin/serve -s build", 1801);
  process(103, 1, "vim npm run build", 1801);
  process(104, 1, "npm install", 1801);
  process(105, 2, "", 1801);
  write("106/stat", "106 (x) S 1 1 1");  // it has just ended
  EXPECT_THAT(found(), ElementsAre("101", "102"));
}

TEST_F(LeftoversTest, AreNotKnownWithoutProc) {
  std::filesystem::remove(root + "/uptime");
  EXPECT_THAT(found(), ElementsAre(HasSubstr("uptime")));
  std::filesystem::remove_all(root);
  EXPECT_THAT(found(), ElementsAre(HasSubstr(root)));
}

TEST_F(LeftoversTest, AreOldEnough) {
  process(101, 1, "npm run build", 1799);
  process(102, 1, "npm run build", 1800);
  EXPECT_THAT(found(), ElementsAre("102"));
}

TEST_F(LeftoversTest, OfAServiceOrAContainerAreTheirsToEnd) {
  const std::map<int, std::string> groups{
      {101, "/system.slice/web.service"},
      {102, "/system.slice/cron.service"},
      {103, "/system.slice/ssh.service"},
      {104, "/user.slice/user-0.slice/user@0.service"},
      {105, "/"},
      {106, "/system.slice/web.service/worker"},
      {107, "/system.slice/docker-0123456789ab.scope"},
      {108, "/docker/0123456789ab"},
      {109, "/system.slice/run-r12.scope"},
      {110, "/user.slice/user-1000.slice/user@1000.service/app.slice/bot.service"},
  };
  for (const auto& [pid, group] : groups) process(pid, 1, "npm run a", 2000, group);
  EXPECT_THAT(found(), ElementsAre("101 of web.service", "102", "103", "104", "105",
                                   "106 of web.service", "107 of docker-0123456789ab.scope",
                                   "108 of 0123456789ab", "109", "110 of bot.service"));
}

TEST_F(LeftoversTest, WithZombiesAreLeftAlone) {
  process(101, 1, "npm run a", 2000);
  process(102, 101, "", 2000, "/", 'Z');
  process(103, 1, "npm run a", 2000);
  process(104, 103, "sh", 2000);
  EXPECT_THAT(found(), ElementsAre("101 with zombies", "103"));
}

TEST_F(LeftoversTest, AreNeverWeOrThoseWhoStartedUs) {
  process(1, 0, "npm run init", 2000);
  process(101, 1, "npm run a", 2000);
  process(102, 101, "npm run b", 2000);
  process(103, 102, "npm run c", 2000);
  EXPECT_THAT(found(102), ElementsAre("103"));
}

// A child that sleeps; it ends with us.
class Sleeper {
 public:
  explicit Sleeper(bool is_stubborn) {
    pid_ = ::fork();
    if (pid_ == 0) {
      if (is_stubborn) std::signal(SIGTERM, SIG_IGN);  // NOLINT(cert-err33-c)
      ready();
      while (true) ::pause();
    }
    char byte = 0;
    EXPECT_EQ(::read(pipe_[0], &byte, 1), 1);
  }
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;
  ~Sleeper() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    ::close(pipe_[0]);
    ::close(pipe_[1]);
  }

  Leftover leftover() const {
    return {.process = *Procfs{}.process(pid_), .pattern = "npm", .owner = {}};
  }
  // 0: it lives.
  int ended_by() const {
    int status = 0;
    return ::waitpid(pid_, &status, WNOHANG | WUNTRACED) == pid_ ? WTERMSIG(status) : 0;
  }

 private:
  void ready() const { [[maybe_unused]] const auto told = ::write(pipe_[1], "x", 1); }

  std::array<int, 2> pipe_ = [] {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe(ends.data()), 0);
    return ends;
  }();
  pid_t pid_ = 0;
};

TEST(EndLeftovers, AsksFirstAndThenKills) {
  SystemClock clock;
  const Sleeper willing{false};
  const Sleeper stubborn{true};
  const auto gone =
      end_leftovers({willing.leftover(), stubborn.leftover()}, Procfs{}, 300ms, clock);
  EXPECT_EQ(gone.size(), 2U);
  EXPECT_EQ(willing.ended_by(), SIGTERM);
  EXPECT_EQ(stubborn.ended_by(), SIGKILL);
}

TEST(EndLeftovers, LeavesWhoeverHasGotTheNumberSince) {
  SystemClock clock;
  const Sleeper other{false};
  Leftover leftover = other.leftover();
  leftover.process.started -= 1s;
  EXPECT_EQ(end_leftovers({leftover}, Procfs{}, 300ms, clock).size(), 1U)
      << "the one meant is gone";
  EXPECT_EQ(other.ended_by(), 0);
}

}  // namespace
}  // namespace lectio
