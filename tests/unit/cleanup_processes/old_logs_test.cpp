#include "cleanup_processes/old_logs.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>

namespace lectio {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(LogPatterns, AreAbsoluteAndNameLogs) {
  EXPECT_TRUE(accept_log_patterns({"/var/log/site/*.log", "/var/log/site/*.log.*"}));
  for (const char* pattern : {"*.log", "/var/log/*", "/var/log/lastlog", "/etc/*.conf"}) {
    const auto accepted = accept_log_patterns({pattern});
    ASSERT_FALSE(accepted) << pattern;
    EXPECT_THAT(accepted.error().message, HasSubstr("CLEANUP_LOGS"));
    EXPECT_THAT(accepted.error().message, HasSubstr(pattern));
  }
}

class OldLogsTest : public testing::Test {
 protected:
  OldLogsTest() { std::filesystem::create_directories(directory); }
  ~OldLogsTest() override { std::filesystem::remove_all(directory); }

  std::string file(const std::string& name, std::chrono::hours age) const {
    const std::string path = directory + "/" + name;
    std::ofstream{path} << "a line\n";
    std::filesystem::last_write_time(path, std::filesystem::file_time_type::clock::now() - age);
    return path;
  }
  std::vector<std::string> found() const {
    const auto logs = find_old_logs({directory + "/*.log*", directory + "/a.log"},
                                    std::chrono::system_clock::now() - 24h, Procfs{});
    if (!logs) return {logs.error().message};
    std::vector<std::string> paths;
    for (const OldLog& log : *logs) {
      EXPECT_EQ(log.bytes, 7U);
      paths.push_back(log.path);
    }
    std::ranges::sort(paths);
    return paths;
  }

  std::string directory = testing::TempDir() + "old_logs_test." + std::to_string(::getpid());
};

TEST_F(OldLogsTest, AreOldMatchAndAreClosed) {
  const std::string old = file("a.log", 25h);
  const std::string rotated = file("b.log.2.gz", 25h);
  file("young.log", 23h);
  file("other.txt", 25h);
  const std::ofstream open{file("open.log", 25h), std::ios::app};
  std::filesystem::create_directories(directory + "/directory.log");
  std::filesystem::create_symlink(old, directory + "/link.log");
  for (const char* name : {"/directory.log", "/link.log"}) {
    const std::array<timespec, 2> long_ago{};
    ASSERT_EQ(
        ::utimensat(AT_FDCWD, (directory + name).c_str(), long_ago.data(), AT_SYMLINK_NOFOLLOW), 0);
  }
  EXPECT_THAT(found(), ElementsAre(old, rotated));
}

TEST_F(OldLogsTest, AreRemovedWhereTheyStandAndNowhereElse) {
  const WallTime before = std::chrono::system_clock::now() - 24h;
  const std::string old = file("a.log", 25h);
  const std::string young = file("b.log", 1h);
  std::filesystem::create_directory_symlink(directory, directory + ".link");
  const auto led_away = remove_log({directory + ".link/a.log", 7}, before);
  std::filesystem::remove(directory + ".link");
  ASSERT_FALSE(led_away);
  EXPECT_THAT(led_away.error().message, HasSubstr("by a link"));
  EXPECT_TRUE(std::filesystem::exists(old));
  EXPECT_TRUE(remove_log({young, 7}, before));
  EXPECT_TRUE(std::filesystem::exists(young)) << "somebody has written it since";
  EXPECT_TRUE(remove_log({old, 7}, before));
  EXPECT_FALSE(std::filesystem::exists(old));
  EXPECT_TRUE(remove_log({old, 7}, before)) << "gone is gone";
}

TEST_F(OldLogsTest, OfADirectoryThatIsNotThereAreNone) {
  const auto none = find_old_logs({"/nonexistent/*.log"}, {}, Procfs{"/nonexistent"});
  ASSERT_TRUE(none) << "nobody has to be asked what is open";
  EXPECT_TRUE(none->empty());
}

}  // namespace
}  // namespace lectio
