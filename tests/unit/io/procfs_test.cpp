#include "io/procfs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace lectio {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ProcfsTest : public testing::Test {
 protected:
  ~ProcfsTest() override { std::filesystem::remove_all(root); }

  void write(const std::string& path, const std::string& content) {
    std::filesystem::create_directories(std::filesystem::path{root + "/" + path}.parent_path());
    std::ofstream{root + "/" + path} << content;
  }
  // "101 S gunicorn"
  std::vector<std::string> children_of(pid_t parent) {
    const auto children = procfs.children(parent);
    if (!children) return {children.error().message};
    std::vector<std::string> told;
    for (const Process& child : *children) {
      told.push_back(std::to_string(child.pid) + " " + child.state + " " + child.name);
    }
    return told;
  }

  std::string root = testing::TempDir() + "procfs_test." + std::to_string(::getpid());
  Procfs procfs{root};
};

TEST_F(ProcfsTest, ReadsMemoryInBytes) {
  write("meminfo",
        "MemTotal:        2048 kB\nMemFree:  1 kB\nMemAvailable:    1024 kB\n"
        "SwapTotal:   512 kB\nSwapFree:    256 kB\n");
  const auto memory = procfs.memory();
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->total, 2048U * 1024U);
  EXPECT_EQ(memory->available, 1024U * 1024U);
  EXPECT_EQ(memory->swap_total, 512U * 1024U);
  EXPECT_EQ(memory->swap_free, 256U * 1024U);
}

TEST_F(ProcfsTest, CountsWhatWasKilledForWantOfMemory) {
  write("vmstat", "oom_kill_x 9\npgfault 12\noom_kill 3\n");
  EXPECT_EQ(*procfs.oom_kills(), 3U);
  write("vmstat", "pgfault 12\n");
  EXPECT_THAT(procfs.oom_kills().error().message, HasSubstr("vmstat"));
}

TEST_F(ProcfsTest, KnowsSinceWhenAProcessComputesAndHowMuch) {
  write("100/task/100/children", "101");
  write("101/stat", "101 (a b) S 100 1 1 0 -1 4194304 1 0 0 0 250 50 9 9 20 0 1 0 12345 1 1");
  const Process child = procfs.children(100)->front();
  EXPECT_EQ(child.cpu, 3s);
  EXPECT_EQ(child.started, 123450ms);
}

TEST_F(ProcfsTest, MemoryWithoutMemAvailableIsAnError) {
  write("meminfo", "MemTotal: 2048 kB\nMemAvailableX: 1 kB\nMemAvailable:\n");
  EXPECT_THAT(procfs.memory().error().message, HasSubstr("meminfo"));
}

TEST_F(ProcfsTest, NamesTheChildrenTheKernelLists) {
  write("100/task/100/children", "101 102 103 ");
  write("101/stat", "101 (gunicorn) S 100 1 1");
  write("103/stat", "103 (a) b (c) Z 100 1 1");
  EXPECT_THAT(children_of(100), ElementsAre("101 S gunicorn", "103 Z a) b (c"))
      << "102 has just ended";
  write("100/task/100/children", "");
  EXPECT_THAT(children_of(100), IsEmpty());
}

TEST_F(ProcfsTest, LooksThroughAllProcessesWhereTheKernelKeepsNoList) {
  write("100/stat", "100 (gunicorn) S 1 1 1");
  write("101/stat", "101 (gunicorn) R 100 1 1");
  write("102/stat", "102 (gunicorn) R 101 1 1");
  write("103/stat", "nonsense");
  write("self/stat", "101 (gunicorn) R 100 1 1");
  EXPECT_THAT(children_of(100), ElementsAre("101 R gunicorn"));
  EXPECT_THAT(children_of(999), ElementsAre(HasSubstr("no such process")));
}

TEST_F(ProcfsTest, SplitsACommandLine) {
  write("100/cmdline", std::string{"gunicorn\0-w\0003\0", 14});
  EXPECT_THAT(*procfs.command_line(100), ElementsAre("gunicorn", "-w", "3"));
}

TEST_F(ProcfsTest, ReadsOneVariableAndAFileAsTheProcessWould) {
  write("100/environ", std::string{"OLD_MODE=1\0MODE=fast\0EMPTY=\0", 28});
  EXPECT_EQ(procfs.variable(100, "MODE"), "fast");
  EXPECT_EQ(procfs.variable(100, "EMPTY"), "");
  EXPECT_EQ(procfs.variable(100, "MOD"), std::nullopt);
  EXPECT_EQ(procfs.variable(999, "MODE"), std::nullopt);
  write("100/cwd/a.conf", "beside it");
  write("100/root/etc/a.conf", "from its root");
  EXPECT_EQ(procfs.file(100, "a.conf"), "beside it");
  EXPECT_EQ(procfs.file(100, "/etc/a.conf"), "from its root");
  EXPECT_FALSE(procfs.file(100, "b.conf"));
}

TEST_F(ProcfsTest, KnowsWhoseAProcessIs) {
  write("100/cgroup", "0::/system.slice/nginx.service\n");
  write("101/cgroup", "12:cpu:/x\n1:name=systemd:/user.slice/session-3.scope\n0::/\n");
  write("102/cgroup", "0::/\n");
  write("104/cgroup", "9:name=systemd:/\n1:cpu:/\n0::/system.slice/web.service\n");
  EXPECT_EQ(*procfs.control_group(100), "/system.slice/nginx.service");
  EXPECT_EQ(*procfs.control_group(101), "/user.slice/session-3.scope");
  EXPECT_EQ(*procfs.control_group(102), "/");
  EXPECT_EQ(*procfs.control_group(104), "/system.slice/web.service");
  EXPECT_FALSE(procfs.control_group(103));
}

TEST_F(ProcfsTest, ReadsUptimeAndBootId) {
  write("uptime", "120.25 400.00\n");
  write("sys/kernel/random/boot_id", "5e2a-7f\n");
  EXPECT_EQ(procfs.uptime(), 120250ms);
  EXPECT_EQ(procfs.boot_id(), "5e2a-7f");
  write("uptime", "soon\n");
  EXPECT_THAT(procfs.uptime().error().message, HasSubstr("uptime"));
}

TEST(ProcfsOfThisMachine, KnowsThisProcess) {
  const Procfs procfs;
  EXPECT_GT(procfs.memory()->available, 0U);
  EXPECT_GT(*procfs.uptime(), 0ms);
  EXPECT_EQ(procfs.boot_id()->size(), 36U);
  const auto siblings = procfs.children(::getppid());
  ASSERT_TRUE(siblings);
  EXPECT_THAT(*siblings, testing::Contains(testing::Field(&Process::pid, ::getpid())));
}

}  // namespace
}  // namespace lectio
