#include "site/database.hpp"

#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>

#include "io/file.hpp"
#include "io/process.hpp"
#include "io/system_clock.hpp"

namespace lectio {
namespace {

using testing::HasSubstr;

// PostgreSQL's part is tested on the server.
class SqliteTest : public testing::Test {
 protected:
  static std::string make_temporary() {
    std::string path = testing::TempDir() + "database.XXXXXX";
    EXPECT_NE(::mkdtemp(path.data()), nullptr);
    return path;
  }

  std::string sql(const std::string& statement) {
    constexpr auto script = R"(
import sqlite3, sys
base = sqlite3.connect(sys.argv[1])
print(base.execute(sys.argv[2]).fetchall())
base.commit()
)";
    const auto result = run_process(
        {.argv = {"/usr/bin/python3", "-c", script, database_.name, statement}}, clock_);
    return result->output + result->errors;
  }

  const std::string directory_ = make_temporary();
  const std::string copy_ = directory_ + "/copy";
  const Database database_{.engine = "sqlite", .name = directory_ + "/db?.sqlite3"};
  const DatabaseTools tools_{.site = {}, .python = "/usr/bin/python3"};
  SystemClock clock_;
};

TEST_F(SqliteTest, IsDumpedWhileItIsInUseAndPutBack) {
  sql("CREATE TABLE names (name)");
  sql("INSERT INTO names VALUES ('before')");
  ASSERT_TRUE(dump_database(database_, tools_, copy_, clock_));
  struct stat status{};
  ASSERT_EQ(::stat(copy_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  sql("INSERT INTO names VALUES ('after')");
  sql("CREATE TABLE more (name)");
  const auto restored = restore_database(database_, tools_, copy_, clock_);
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(sql("SELECT name FROM names"), "[('before',)]\n");
  EXPECT_THAT(sql("SELECT * FROM more"), HasSubstr("no such table"));
}

TEST_F(SqliteTest, ItsRowsAreCountedInWhatIsDumped) {
  sql("CREATE TABLE names (name)");
  sql("CREATE TABLE \"odd \"\"name\"\"\" (name)");
  sql("INSERT INTO names VALUES ('a'), ('b')");
  const auto rows = dump_and_count(database_, tools_, copy_, clock_);
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_EQ(*rows, (RowCounts{{"names", 2}, {"odd \"name\"", 0}}));
  sql("INSERT INTO names VALUES ('c')");
  EXPECT_EQ(count_rows(database_, tools_, clock_)->at("names"), 3U);
  Database copy = database_;
  copy.name = copy_;
  EXPECT_EQ(*count_rows(copy, tools_, clock_), *rows) << "the dump is what was counted";
}

TEST_F(SqliteTest, WhatCannotBeDumpedLeavesNothing) {
  ASSERT_TRUE(write_file_atomically(database_.name, std::string(8192, 'x'), 0600));
  const auto dumped = dump_database(database_, tools_, copy_, clock_);
  ASSERT_FALSE(dumped);
  EXPECT_THAT(dumped.error().message, HasSubstr("not a database"));
  EXPECT_FALSE(std::filesystem::exists(copy_));
}

TEST_F(SqliteTest, ADumpThatIsThereIsNotOverwritten) {
  sql("CREATE TABLE names (name)");
  ASSERT_TRUE(write_file_atomically(copy_, "precious", 0600));
  EXPECT_FALSE(dump_database(database_, tools_, copy_, clock_));
  EXPECT_EQ(read_file(copy_), "precious");
}

TEST_F(SqliteTest, ADamagedDumpChangesNothing) {
  sql("CREATE TABLE names (name)");
  ASSERT_TRUE(write_file_atomically(copy_, std::string(8192, 'x'), 0600));
  EXPECT_FALSE(restore_database(database_, tools_, copy_, clock_));
  EXPECT_EQ(sql("SELECT count(*) FROM names"), "[(0,)]\n");
}

TEST_F(SqliteTest, AnotherEngineIsRefusedWithWords) {
  const auto dumped = dump_database({.engine = "mysql"}, tools_, copy_, clock_);
  ASSERT_FALSE(dumped);
  EXPECT_THAT(dumped.error().message, HasSubstr("mysql"));
  EXPECT_FALSE(std::filesystem::exists(copy_));
}

}  // namespace
}  // namespace lectio
