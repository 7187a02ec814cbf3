#include "site/backup_fresh.hpp"

#include <gtest/gtest.h>

namespace lectio {
namespace {

using namespace std::chrono_literals;
using Pair = std::pair<Outcome, std::string>;

const WallTime now{1'800'000'000s};

Pair of(const Result<std::vector<BackupFile>>& files) {
  const Finding finding = judge_backups(files, now, 26h);
  return {finding.outcome, finding.code};
}

TEST(BackupFresh, IsJudgedByTheAgeOfTheNewest) {
  EXPECT_EQ(of(std::vector<BackupFile>{{"a", now - 26h, 9}}), Pair(Outcome::good, "backup_new"));
  EXPECT_EQ(of(std::vector<BackupFile>{{"a", now - 26h - 1s, 9}}),
            Pair(Outcome::warning, "backup_old"));
  EXPECT_EQ(of(std::vector<BackupFile>{{"a", now - 78h - 1s, 9}}),
            Pair(Outcome::critical, "backup_old"));
  EXPECT_EQ(of(std::vector<BackupFile>{}), Pair(Outcome::warning, "backup_none"));
  EXPECT_EQ(of(fail(ErrorKind::io, "x")), Pair(Outcome::unknown, "backup_unreadable"));
}

TEST(BackupFresh, OneThatHasCollapsedIsNone) {
  EXPECT_EQ(of(std::vector<BackupFile>{{"b", now - 1h, 50}, {"a", now - 25h, 100}}),
            Pair(Outcome::good, "backup_new"));
  EXPECT_EQ(of(std::vector<BackupFile>{{"b", now - 1h, 49}, {"a", now - 25h, 100}}),
            Pair(Outcome::warning, "backup_shrunk"));
  EXPECT_EQ(of(std::vector<BackupFile>{{"b", now - 1h, 9, now}, {"a", now - 25h, 100}}),
            Pair(Outcome::good, "backup_new"))
      << "it is being written";
  EXPECT_EQ(of(std::vector<BackupFile>{
                {"c", now - 1h, 20}, {"b", now - 25h, 20}, {"a", now - 49h, 5'000'000}}),
            Pair(Outcome::warning, "backup_shrunk"))
      << "the second night that it fails";
  EXPECT_EQ(of(std::vector<BackupFile>{{"b", now - 1h, 0}}),
            Pair(Outcome::warning, "backup_shrunk"));
}

}  // namespace
}  // namespace lectio
