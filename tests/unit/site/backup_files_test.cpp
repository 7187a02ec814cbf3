#include "site/backup_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>

namespace lectio {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class BackupFiles : public testing::Test {
 protected:
  BackupFiles() {
    std::string path = testing::TempDir() + "backups.XXXXXX";
    directory = ::mkdtemp(path.data());
  }
  ~BackupFiles() override { std::filesystem::remove_all(directory); }

  void make(const std::string& name) const { std::ofstream{directory + "/" + name} << name; }
  std::vector<std::string> names(const std::vector<std::string>& patterns) const {
    std::vector<std::string> names;
    const auto files = list_backups(patterns, std::chrono::system_clock::now());
    if (!files) return {files.error().message};
    for (const BackupFile& file : *files) {
      names.push_back(std::filesystem::path{file.path}.filename().string());
    }
    return names;
  }

  std::string directory;
};

TEST_F(BackupFiles, AreOrderedByTheDateOfTheirNames) {
  make("database-20261124-030000.dump");
  make("database-20261125-030000.dump");  // copied here before the others: its mtime is no date
  make("pg_backup_20261126_030000.sql.gz");
  make("notes.txt");
  std::filesystem::create_directory(directory + "/database-20261127-030000.dump");
  EXPECT_THAT(names({directory + "/database-*", directory + "/pg_backup_*"}),
              ElementsAre("pg_backup_20261126_030000.sql.gz", "database-20261125-030000.dump",
                          "database-20261124-030000.dump"));
  const auto files = list_backups({directory + "/pg_*"}, std::chrono::system_clock::now());
  const std::time_t made = std::chrono::system_clock::to_time_t(files->front().made);
  std::tm local{};
  ::localtime_r(&made, &local);
  EXPECT_EQ(local.tm_hour, 3);
  EXPECT_EQ(local.tm_mday, 26);
  EXPECT_EQ(files->front().bytes, std::string{"pg_backup_20261126_030000.sql.gz"}.size());
}

TEST_F(BackupFiles, WithoutADateAreOfTheirLastChange) {
  for (const char* name :
       {"latest-123456789-1234567.dump", "a-20261101x031500.dump", "a-2026 1 1- 3 1 5.dump"}) {
    make(name);
  }
  const auto files = list_backups({directory + "/*.dump"}, std::chrono::system_clock::now());
  ASSERT_EQ(files->size(), 3U);
  for (const BackupFile& file : *files) {
    EXPECT_LT(std::chrono::system_clock::now() - file.made, std::chrono::minutes{1}) << file.path;
  }
}

TEST_F(BackupFiles, OfTheFutureAreOfTheirLastChange) {
  make("database-20991231-235959.dump");
  const auto files = list_backups({directory + "/*"}, std::chrono::system_clock::now());
  EXPECT_LE(files->front().made, std::chrono::system_clock::now());
}

TEST_F(BackupFiles, OfADirectoryThatIsNotThereAreNoneAndOfOneThatIsNoDirectoryAnError) {
  EXPECT_THAT(names({directory + "/none/database-*"}), IsEmpty());
  make("file");
  EXPECT_THAT(names({directory + "/file/database-*"}), ElementsAre(HasSubstr("cannot list")));
}

}  // namespace
}  // namespace lectio
