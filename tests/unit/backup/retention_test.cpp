#include "backup/retention.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace lectio {
namespace {

using std::chrono::days;
using testing::ElementsAre;
using testing::IsEmpty;

class RetentionTest : public testing::Test {
 protected:
  static std::string make_temporary() {
    std::string path = testing::TempDir() + "retention.XXXXXX";
    EXPECT_NE(::mkdtemp(path.data()), nullptr);
    return path;
  }
  ~RetentionTest() override { std::filesystem::remove_all(directory_); }

  std::string dump(days ago, const std::string& engine = "postgresql") {
    return file(backup_path(directory_, engine, now_ - ago));
  }
  static std::string file(const std::string& path) {
    std::ofstream{path} << "x";
    return path;
  }
  Retention judge(double after, std::size_t least) {
    auto judged = judge_retention(directory_, now_, after, least);
    EXPECT_TRUE(judged) << judged.error().message;
    return judged.value_or(Retention{});
  }

  const WallTime now_ = std::chrono::system_clock::now();
  const std::string directory_ = make_temporary();
};

TEST_F(RetentionTest, GoesByTheDateInTheNameAndKeepsTheNewest) {
  dump(days{0});
  dump(days{6});
  const std::string eight = dump(days{8});
  const std::string ninth = dump(days{9}, "sqlite");
  EXPECT_THAT(judge(7, 1).old, ElementsAre(eight, ninth));
  EXPECT_EQ(judge(7, 1).kept, 2U);
  EXPECT_THAT(judge(7, 3).old, ElementsAre(ninth));
  EXPECT_THAT(judge(7, 4).old, IsEmpty());
  EXPECT_THAT(judge(30, 0).old, IsEmpty());
}

TEST_F(RetentionTest, WhatIsNotItsOwnStays) {
  for (const char* name : {"database-2020.dump", "database-20200101-030000.dump.gz", "notes.txt",
                           "pg_backup_20200101_030000.sql.gz", "backend-20200101-030000",
                           "database-20200101-030000-2.dump", ".database-20200101-030000.dump"}) {
    file(directory_ + "/" + name);
  }
  std::filesystem::create_directory(directory_ + "/database-20200101-030001.dump");
  std::filesystem::create_symlink(directory_, directory_ + "/database-20200101-030002.dump");
  const Retention judged = judge(7, 0);
  EXPECT_THAT(judged.old, IsEmpty());
  EXPECT_THAT(judged.partial, IsEmpty());
}

TEST_F(RetentionTest, WhatARunThatWasKilledLeftIsNoBackup) {
  const std::string partial = file(partial_path(backup_path(directory_, "postgresql", now_)));
  const Retention judged = judge(7, 3);
  EXPECT_THAT(judged.partial, ElementsAre(partial));
  EXPECT_EQ(judged.kept, 0U);
}

TEST(MayRemove, OnlyWhereThereIsANewDumpThatIsNotKnownToBeBad) {
  const auto may = [](Outcome made, Outcome restored) {
    return may_remove(
        {{"backup", Finding{made, "", {}}}, {"backup_restore", Finding{restored, "", {}}}});
  };
  using enum Outcome;
  EXPECT_TRUE(may(good, good));
  EXPECT_TRUE(may(good, warning)) << "nobody may make a database to try it in";
  EXPECT_TRUE(may(skipped, skipped)) << "a dry run";
  EXPECT_TRUE(may_remove({})) << "asked for alone";
  EXPECT_FALSE(may(bad, skipped));
  EXPECT_FALSE(may(warning, skipped)) << "a deploy went on";
  EXPECT_FALSE(may(unknown, skipped)) << "the time was up";
  EXPECT_FALSE(may(good, bad));
  EXPECT_FALSE(may(good, unknown));
}

TEST_F(RetentionTest, ADirectoryThatIsNotThereHoldsNothing) {
  const auto judged = judge_retention(directory_ + "/none", now_, 7, 1);
  ASSERT_TRUE(judged);
  EXPECT_THAT(judged->old, IsEmpty());
}

}  // namespace
}  // namespace lectio
