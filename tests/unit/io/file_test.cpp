#include "io/file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

namespace lectio {
namespace {

class FileTest : public testing::Test {
 protected:
  FileTest() { std::filesystem::create_directory(directory); }
  ~FileTest() override { std::filesystem::remove_all(directory); }

  mode_t mode_of(const std::string& file) {
    struct stat status{};
    return ::stat(file.c_str(), &status) == 0 ? status.st_mode & 07777U : 0;
  }

  std::size_t files_in_directory() {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator{directory}, {}));
  }

  std::string directory = testing::TempDir() + "file_test." + std::to_string(::getpid());
  std::string path = directory + "/state.json";
};

TEST_F(FileTest, ReplacesTheContentAndSetsTheMode) {
  ASSERT_TRUE(write_file_atomically(path, "old", 0644));
  ASSERT_TRUE(write_file_atomically(path, "new", 0600));
  EXPECT_EQ(read_file(path), "new");
  EXPECT_EQ(mode_of(path), 0600U);
}

TEST_F(FileTest, LeavesNoTemporaryFileBehind) {
  ASSERT_TRUE(write_file_atomically(path, "content", 0600));
  EXPECT_EQ(files_in_directory(), 1U);
  std::filesystem::create_directory(directory + "/occupied");
  EXPECT_FALSE(write_file_atomically(directory + "/occupied", "content", 0600));
  EXPECT_EQ(files_in_directory(), 2U);
}

TEST_F(FileTest, PublishesWholeAndReadableByAll) {
  ASSERT_TRUE(publish_file(directory, "a.prom", "old", 0644));
  ASSERT_TRUE(publish_file(directory, "a.prom", "new", 0644));
  EXPECT_EQ(read_file(directory + "/a.prom"), "new");
  EXPECT_EQ(mode_of(directory + "/a.prom"), 0644U);
  EXPECT_EQ(files_in_directory(), 1U);
}

TEST_F(FileTest, PublishesThroughNoLink) {
  ASSERT_TRUE(write_file_atomically(path, "victim", 0600));
  for (const char* name : {"/a.prom", "/a.prom.new"}) {
    std::filesystem::create_symlink(path, directory + name);
  }
  ASSERT_TRUE(publish_file(directory, "a.prom", "ours", 0644));
  EXPECT_EQ(read_file(path), "victim");
  EXPECT_FALSE(std::filesystem::is_symlink(directory + "/a.prom"));
  EXPECT_EQ(read_file(directory + "/a.prom"), "ours");

  std::filesystem::create_directory(directory + "/victims");
  std::filesystem::create_directory_symlink(directory + "/victims", directory + "/link");
  EXPECT_FALSE(publish_file(directory + "/link", "a.prom", "ours", 0644));
  EXPECT_TRUE(std::filesystem::is_empty(directory + "/victims"));
}

TEST_F(FileTest, WhatCannotBePublishedLeavesNothing) {
  std::filesystem::create_directory(directory + "/a.prom");
  EXPECT_FALSE(publish_file(directory, "a.prom", "ours", 0644));
  EXPECT_EQ(files_in_directory(), 1U);
  EXPECT_EQ(publish_file(directory + "/none", "a.prom", "ours", 0644).error().message,
            "cannot open the directory " + directory + "/none: No such file or directory");
}

TEST_F(FileTest, AppendsToItsOwnFileOnly) {
  const mode_t before = ::umask(0077);
  ASSERT_TRUE(append_to_file(path, "one\n", 0640));
  ASSERT_TRUE(append_to_file(path, "two\n", 0640));
  ::umask(before);
  EXPECT_EQ(read_file(path), "one\ntwo\n");
  EXPECT_EQ(mode_of(path), 0640U);
  std::filesystem::create_symlink(path, directory + "/link");
  EXPECT_FALSE(append_to_file(directory + "/link", "three\n", 0640));
  EXPECT_EQ(read_file(path), "one\ntwo\n");
}

TEST_F(FileTest, ReadsTheEndOfAFile) {
  EXPECT_EQ(read_end_of_file(path, 4), "");
  ASSERT_TRUE(append_to_file(path, "0123456789", 0640));
  EXPECT_EQ(read_end_of_file(path, 4), "6789");
  EXPECT_EQ(read_end_of_file(path, 40), "0123456789");
}

TEST_F(FileTest, KeepsTheOwnerWhenAsked) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  ASSERT_TRUE(write_file_atomically(path, "old", 0600));
  ASSERT_EQ(::chown(path.c_str(), 12, 34), 0);
  ASSERT_TRUE(write_file_atomically(path, "new", 0600, Owner::keep));
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 12U);
  EXPECT_EQ(status.st_gid, 34U);
}

TEST_F(FileTest, AReadIsBounded) {
  ASSERT_TRUE(write_file_atomically(path, std::string(100, 'x'), 0600));
  const auto content = read_file(path, 99);
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().message, path + " is larger than 99 bytes");
}

TEST_F(FileTest, ErrorsNameThePath) {
  const auto content = read_file(path);
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().message, "cannot open " + path + ": No such file or directory");
}

TEST_F(FileTest, AFileThatIsNotThereIsNoErrorWhenOptional) {
  auto content = read_file_if_any(path);
  ASSERT_TRUE(content);
  EXPECT_FALSE(content->has_value());
}

TEST_F(FileTest, AnOptionalFileIsNeverReadThroughALink) {
  ASSERT_TRUE(write_file_atomically(path, "secret", 0600));
  std::filesystem::create_symlink(path, directory + "/link");
  EXPECT_FALSE(read_file_if_any(directory + "/link"));
}

TEST_F(FileTest, MakesDirectoriesWithParents) {
  const std::string deep = directory + "/a/b/c";
  ASSERT_TRUE(make_directory(deep, 0700));
  EXPECT_EQ(mode_of(deep), 0700U);
  EXPECT_TRUE(make_directory(deep, 0700));
  ASSERT_TRUE(write_file_atomically(path, "a file", 0600));
  EXPECT_FALSE(make_directory(path + "/below"));
}

TEST_F(FileTest, WhatIsDamagedIsKeptUnderAnotherName) {
  ASSERT_TRUE(write_file_atomically(path, "not json", 0600));
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  const std::string aside = path + ".corrupt-" + std::to_string(status.st_mtim.tv_sec);
  EXPECT_EQ(set_aside(path), path + " was damaged: kept as " + aside);
  EXPECT_EQ(read_file(aside), "not json");
  const auto again = set_aside(path);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().message,
            path + " is damaged and cannot be moved away: No such file or directory");
}

TEST_F(FileTest, ALockIsHeldByOneAndEndsWithItsHolder) {
  {
    auto first = try_lock(path);
    ASSERT_TRUE(first);
    EXPECT_TRUE(first->has_value());
    auto second = try_lock(path);
    ASSERT_TRUE(second);
    EXPECT_FALSE(second->has_value());
  }
  auto third = try_lock(path);
  ASSERT_TRUE(third);
  EXPECT_TRUE(third->has_value());
}

}  // namespace
}  // namespace lectio
