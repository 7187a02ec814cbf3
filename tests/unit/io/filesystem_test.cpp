#include "io/filesystem.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace lectio {
namespace {

using testing::HasSubstr;

TEST(FilesystemUsage, CountsAsDfDoes) {
  FilesystemUsage usage;
  usage.total_bytes = 1000;
  usage.free_bytes = 100;
  usage.available_bytes = 50;  // 50 are root's reserve
  usage.total_inodes = 200;
  usage.available_inodes = 10;
  EXPECT_NEAR(usage.available_percent(), 100.0 * 50 / 950, 0.001);
  EXPECT_NEAR(usage.available_inode_percent(), 5.0, 0.001);
}

TEST(FilesystemUsage, WithNothingToUseUpNothingIsShort) {
  EXPECT_EQ(FilesystemUsage{}.available_percent(), 100.0);
  EXPECT_EQ(FilesystemUsage{}.available_inode_percent(), 100.0);
}

TEST(FilesystemUsage, OfThisMachine) {
  const auto usage = filesystem_usage("/");
  ASSERT_TRUE(usage);
  EXPECT_GT(usage->total_bytes, usage->available_bytes);
  EXPECT_GE(usage->free_bytes, usage->available_bytes);
  EXPECT_THAT(filesystem_usage("/no/such/mount").error().message, HasSubstr("/no/such/mount"));
}

class FileNodeTest : public testing::Test {
 protected:
  FileNodeTest() {
    std::filesystem::create_directory(directory);
    std::ofstream{path} << "12345";
    ::chmod(path.c_str(), 0640);
    std::filesystem::create_symlink("file", directory + "/link");
    std::filesystem::create_symlink("nowhere", directory + "/dangling");
  }
  ~FileNodeTest() override { std::filesystem::remove_all(directory); }

  std::string directory = testing::TempDir() + "filesystem_test." + std::to_string(::getpid());
  std::string path = directory + "/file";
};

TEST_F(FileNodeTest, TellsWhatStandsThere) {
  const auto node = file_node(path);
  ASSERT_TRUE(node && *node);
  EXPECT_EQ((*node)->mode, S_IFREG | 0640U);
  EXPECT_EQ((*node)->owner, ::geteuid());
  EXPECT_EQ((*node)->size, 5U);
  EXPECT_EQ((*node)->access_acl, "");
}

TEST_F(FileNodeTest, ALinkIsItselfOrWhatItLeadsTo) {
  EXPECT_EQ((*file_node(directory + "/link"))->link_target, "file");
  EXPECT_TRUE(S_ISLNK((*file_node(directory + "/link"))->mode));
  EXPECT_EQ((*file_target(directory + "/link"))->size, 5U);
  EXPECT_EQ(file_target(directory + "/dangling")->has_value(), false);
}

TEST_F(FileNodeTest, NothingIsNoError) {
  EXPECT_EQ(file_node(directory + "/nothing")->has_value(), false);
  EXPECT_EQ(file_node(path + "/below-a-file")->has_value(), false);
  EXPECT_THAT(file_target(directory + std::string(300, 'x')).error().message,
              HasSubstr("too long"));
}

}  // namespace
}  // namespace lectio
