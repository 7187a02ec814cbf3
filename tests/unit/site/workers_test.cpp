#include "site/workers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "site/server_fakes.hpp"

namespace lectio {
namespace {

using namespace std::chrono_literals;
using server_fakes::fact;
using server_fakes::told;

// One letter a child, its state: "SSZ".
Finding judged(const std::string& states, std::optional<int> configured) {
  std::vector<Process> children;
  for (const char state : states) children.push_back({200, 100, state, "gunicorn"});
  return judge_workers(children, configured);
}

TEST(JudgeWorkers, CountsTheLivingAgainstTheConfigured) {
  EXPECT_EQ(told(judged("SRS", 3)), "good workers_ok");
  EXPECT_EQ(told(judged("SSSS", 3)), "good workers_ok") << "one is being replaced";
  EXPECT_EQ(told(judged("S", std::nullopt)), "good workers_ok");
  EXPECT_EQ(told(judged("SS", 3)), "warning workers_few");
  EXPECT_EQ(told(judged("", 3)), "critical workers_none");
  EXPECT_EQ(told(judged("", std::nullopt)), "critical workers_none");
}

TEST(JudgeWorkers, ZombiesDoNotWork) {
  EXPECT_EQ(told(judged("SSZ", 3)), "warning workers_few");
  EXPECT_EQ(told(judged("ZZZ", 3)), "critical workers_none");
  EXPECT_EQ(fact(judged("SZ", 3).facts, "workers"), "1");
  EXPECT_EQ(fact(judged("SZ", 3).facts, "zombies"), "1");
}

// A /proc of the test's own, with the unit's main process 100.
class ProbeWorkersTest : public testing::Test {
 protected:
  ProbeWorkersTest() {
    write("100/cmdline", std::string{"gunicorn\0-w\0003\0app.wsgi\0", 23});
    children("");
  }
  ~ProbeWorkersTest() override { std::filesystem::remove_all(root); }

  void write(const std::string& path, const std::string& content) {
    std::filesystem::create_directories(std::filesystem::path{root + "/" + path}.parent_path());
    std::ofstream{root + "/" + path} << content;
  }
  void children(const std::string& pids) { write("100/task/100/children", pids); }
  void worker(int pid) {
    write(std::to_string(pid) + "/stat", std::to_string(pid) + " (gunicorn) S 100 100 100 0");
  }
  Finding probe(std::optional<int> configured = std::nullopt) {
    return probe_workers("app", configured, systemd, Procfs{root}, clock);
  }

  std::string root = testing::TempDir() + "workers_test." + std::to_string(::getpid());
  server_fakes::Systemd systemd;
  server_fakes::Clock clock;
};

TEST_F(ProbeWorkersTest, CountsTheChildrenOfTheMainProcess) {
  for (const int pid : {101, 102, 103}) worker(pid);
  write("200/stat", "200 (gunicorn) S 1 200 200 0");  // another site's
  children("101 102 103 ");
  const Finding finding = probe();
  EXPECT_EQ(told(finding), "good workers_ok");
  EXPECT_EQ(fact(finding.facts, "workers"), "3");
  EXPECT_EQ(fact(finding.facts, "configured"), "3") << "from the command line";
}

TEST_F(ProbeWorkersTest, TheConfigurationGoesOverTheCommandLine) {
  worker(101);
  children("101 ");
  EXPECT_EQ(told(probe(1)), "good workers_ok");
  EXPECT_EQ(told(probe()), "warning workers_few");
}

TEST_F(ProbeWorkersTest, ATitleInThePlaceOfTheArgumentsHidesNothing) {
  worker(101);
  children("101 ");
  write("100/cmdline", std::string{"gunicorn: master [app.wsgi]\0\0\0", 30});
  EXPECT_EQ(told(probe()), "good workers_ok") << "nobody says how many";
  systemd.unit_settings.start_command = {"/venv/bin/gunicorn", "--workers", "2", "app.wsgi"};
  EXPECT_EQ(told(probe()), "warning workers_few");
}

TEST_F(ProbeWorkersTest, LooksAgainWhileAWorkerIsBeingReplaced) {
  for (const int pid : {101, 102, 103}) worker(pid);
  children("101 102 ");
  clock.on_sleep = [this] { children("101 102 103 "); };
  EXPECT_EQ(told(probe()), "good workers_ok");
  EXPECT_EQ(clock.slept, 500ms);
}

TEST_F(ProbeWorkersTest, SaysNoneWhenNoneComes) {
  EXPECT_EQ(told(probe()), "critical workers_none");
  EXPECT_EQ(clock.slept, 3s);
}

TEST_F(ProbeWorkersTest, CannotTellWithoutAMainProcess) {
  UnitState state = server_fakes::running();
  state.main_pid = 0;
  systemd.units["app"] = {state};
  EXPECT_EQ(told(probe()), "unknown workers_no_main_pid");
  EXPECT_EQ(clock.slept, 0s) << "looking again would show the same";
}

TEST_F(ProbeWorkersTest, CannotTellWhenTheProcessOrSystemdIsGone) {
  std::filesystem::remove_all(root + "/100");
  EXPECT_EQ(told(probe(3)), "unknown workers_unreadable");
  systemd.units["app"] = {fail(ErrorKind::io, "no systemd")};
  EXPECT_EQ(told(probe()), "unknown no_systemd");
}

}  // namespace
}  // namespace lectio
