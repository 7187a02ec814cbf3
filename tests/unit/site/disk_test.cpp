#include "site/disk.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "site/server_fakes.hpp"

namespace lectio {
namespace {

using server_fakes::fact;
using server_fakes::told;

constexpr FreeLimits limits{10, 5};

// A file system of 1000 MB and as many inodes, so many of each in a hundred free.
Mount mount(const std::string& path, std::uint64_t free_percent,
            std::uint64_t free_inode_percent = 50) {
  const std::uint64_t total = 1000U << 20U;
  FilesystemUsage usage;
  usage.total_bytes = total;
  usage.free_bytes = usage.available_bytes = total / 100 * free_percent;
  usage.total_inodes = 1000;
  usage.available_inodes = 10 * free_inode_percent;
  return {path, usage};
}

TEST(OneOfEachFilesystem, TheFirstPathSpeaksForItsFilesystem) {
  EXPECT_THAT(one_of_each_filesystem({"/proc", "/", "/usr/nothing-here", "/proc/self", "/dev/.."}),
              testing::ElementsAre("/proc", "/"));
}

TEST(JudgeDisk, WarnsBelowTenAndCriesBelowFive) {
  EXPECT_EQ(told(judge_disk({mount("/", 60)}, limits)), "good disk_free");
  EXPECT_EQ(told(judge_disk({mount("/", 10)}, limits)), "good disk_free");
  EXPECT_EQ(told(judge_disk({mount("/", 9)}, limits)), "warning disk_low");
  EXPECT_EQ(told(judge_disk({mount("/", 5)}, limits)), "warning disk_low");
  EXPECT_EQ(told(judge_disk({mount("/", 4)}, limits)), "critical disk_full");
  EXPECT_EQ(told(judge_disk({mount("/", 0)}, limits)), "critical disk_full");
}

TEST(JudgeDisk, TheWorstMountSpeaksAndAllAreNamed) {
  const Finding finding =
      judge_disk({mount("/", 60), mount("/var", 7), mount("/home", 30)}, limits);
  EXPECT_EQ(told(finding), "warning disk_low");
  EXPECT_EQ(fact(finding.facts, "path"), "/var");
  EXPECT_EQ(fact(finding.facts, "free_mb"), "70");
  EXPECT_EQ(fact(finding.facts, "free_percent:/"), "60");
  EXPECT_EQ(fact(finding.facts, "free_percent:/home"), "30");
}

TEST(JudgeDisk, WhatIsBelowALimitNeverReadsAsTheLimit) {
  Mount almost = mount("/", 10);
  almost.usage->available_bytes -= 1U << 10U;
  EXPECT_EQ(told(judge_disk({almost}, limits)), "warning disk_low");
  EXPECT_EQ(fact(judge_disk({almost}, limits).facts, "free_percent"), "9.9");
}

TEST(JudgeDisk, OfTwoInOneStateTheFullerSpeaks) {
  const Finding finding = judge_disk({mount("/", 60), mount("/var", 20)}, limits);
  EXPECT_EQ(fact(finding.facts, "path"), "/var");
}

TEST(JudgeDisk, AReadOnlyMountIsCriticalHoweverEmpty) {
  Mount broken = mount("/", 90);
  broken.usage->read_only = true;
  EXPECT_EQ(told(judge_disk({broken}, limits)), "critical disk_read_only");
}

TEST(JudgeDisk, AMountThatCannotBeReadHidesNoShortage) {
  const Mount unreadable{"/backup", fail(ErrorKind::io, "/backup: No such file or directory")};
  const Finding alone = judge_disk({mount("/", 60), unreadable}, limits);
  EXPECT_EQ(told(alone), "unknown disk_unreadable");
  EXPECT_EQ(fact(alone.facts, "path"), "/backup");
  EXPECT_EQ(alone.facts.find("free_percent:/backup"), nullptr);
  EXPECT_EQ(told(judge_disk({unreadable, mount("/", 7)}, limits)), "warning disk_low");
  EXPECT_EQ(told(judge_disk({}, limits)), "unknown disk_unreadable");
}

TEST(JudgeInodes, AreJudgedByThemselves) {
  EXPECT_EQ(told(judge_inodes({mount("/", 1, 50)}, limits)), "good inodes_free");
  EXPECT_EQ(told(judge_inodes({mount("/", 90, 9)}, limits)), "warning inodes_low");
  EXPECT_EQ(told(judge_inodes({mount("/", 90, 0)}, limits)), "critical inodes_exhausted");
}

TEST(JudgeInodes, AFileSystemWithoutInodesCannotRunOutOfThem) {
  Mount btrfs = mount("/", 50);
  btrfs.usage->total_inodes = btrfs.usage->available_inodes = 0;
  EXPECT_EQ(told(judge_inodes({btrfs}, limits)), "good inodes_unlimited");
  EXPECT_EQ(told(judge_inodes({btrfs, mount("/boot", 50, 8)}, limits)), "warning inodes_low");
}

}  // namespace
}  // namespace lectio
