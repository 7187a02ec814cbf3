#include "deploy_safe/backups.hpp"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>

namespace lectio {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

WallTime day(int number) { return WallTime{std::chrono::days{number}}; }

// Of a deploy from `commit` to `next`.
Backup backup(int made, const std::string& commit, const std::string& next) {
  return {.name = std::to_string(made), .made = day(made), .commit = commit, .next = next};
}
Backup succeeded(int made, const std::string& commit, const std::string& next) {
  Backup done = backup(made, commit, next);
  done.succeeded = true;
  return done;
}

std::vector<std::string> outdated(const std::vector<Backup>& all, const std::string& head) {
  std::vector<std::string> names;
  for (const Backup& one : outdated_backups(all, head, day(100))) names.push_back(one.name);
  return names;
}

TEST(BackupsTest, GoByTheirOwnDate) {
  EXPECT_THAT(
      outdated({succeeded(120, "c", "d"), succeeded(110, "b", "c"), backup(99, "a", "b")}, "d"),
      ElementsAre("99"));
  EXPECT_THAT(outdated({}, "d"), IsEmpty());
}

TEST(BackupsTest, TheWayBackOfTheLiveCodeStays) {
  // The newest is of a deploy that was rolled back.
  EXPECT_THAT(outdated({backup(9, "b", "c"), succeeded(8, "a", "b"), succeeded(7, "0", "a")}, "b"),
              ElementsAre("7"));
  // Nobody knows what brought the live code: the last deploy before it does.
  EXPECT_THAT(outdated({backup(9, "x", "c"), succeeded(8, "a", "b"), succeeded(7, "0", "a")}, "x"),
              ElementsAre("7"));
}

TEST(BackupsTest, TheNewestThatSucceededStays) {
  Backup of_rollback = succeeded(8, "b", "a");
  of_rollback.is_rollback = true;
  EXPECT_THAT(
      outdated({backup(9, "a", "b"), of_rollback, backup(7, "a", "c"), succeeded(6, "0", "a")},
               "a"),
      ElementsAre("7"));
}

TEST(BackupsTest, TheNewestDumpStays) {
  Backup old = succeeded(5, "0", "a");
  old.has_dump = true;
  Backup older = succeeded(4, "9", "0");
  older.has_dump = true;
  Backup of_rollback = succeeded(6, "b", "a");
  of_rollback.has_dump = of_rollback.is_rollback = true;
  EXPECT_THAT(
      outdated({succeeded(8, "a", "b"), succeeded(7, "0", "a"), of_rollback, old, older}, "b"),
      ElementsAre("7", "6", "4"));
}

TEST(BackupsTest, OfOneTimeTheOneThatWasNamedLastIsTheNewest) {
  std::string root = testing::TempDir() + "backups_test.XXXXXX";
  ASSERT_NE(::mkdtemp(root.data()), nullptr);
  std::vector<std::string> expected;
  for (int number = 0; number < 6; ++number) {
    Backup one{.made = day(100)};
    ASSERT_TRUE(make_backup(root, one));
    ASSERT_TRUE(save_backup(root, one));
    expected.insert(expected.begin(), one.name);
  }
  const auto all = list_backups(root);
  ASSERT_TRUE(all);
  std::vector<std::string> names;
  for (const Backup& one : *all) names.push_back(one.name);
  EXPECT_EQ(names, expected);
  std::filesystem::remove_all(root);
}

TEST(BackupsTest, ARollbackGoesBackToBeforeTheDeployThatBroughtWhatServes) {
  const std::vector<Backup> all{backup(9, "b", "c"), succeeded(8, "a", "b"),
                                succeeded(7, "0", "a")};
  EXPECT_EQ(way_back(all, "b")->name, "8");
  EXPECT_EQ(way_back(all, "a")->name, "7");
  EXPECT_EQ(way_back({}, "a"), nullptr);
  EXPECT_EQ(newest_dump(all), nullptr);
}

}  // namespace
}  // namespace lectio
