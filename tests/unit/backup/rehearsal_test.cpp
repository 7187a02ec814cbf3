#include "backup/rehearsal.hpp"

#include <gtest/gtest.h>

namespace lectio {
namespace {

TEST(ScratchName, IsNoOtherDatabasesAndShortEnough) {
  EXPECT_EQ(scratch_name("site"), "lectio_backup_check_site");
  EXPECT_EQ(scratch_name(std::string(80, 'a')).size(), 63U);
}

TEST(Rehearsal, EveryTableHasToComeBackWithItsRows) {
  const RowCounts dumped{{"a", 0}, {"b", 3}};
  EXPECT_FALSE(first_difference(dumped, dumped));
  EXPECT_FALSE(first_difference(dumped, {{"a", 0}, {"b", 3}, {"of an extension", 1}}));
  const auto fewer = first_difference(dumped, {{"a", 0}, {"b", 2}});
  ASSERT_TRUE(fewer);
  EXPECT_EQ(fewer->table, "b");
  EXPECT_EQ(fewer->restored, 2U);
  EXPECT_EQ(first_difference(dumped, {{"b", 3}})->table, "a") << "an empty one too";
}

}  // namespace
}  // namespace lectio
