#include "io/user.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lectio {
namespace {

TEST(FindUser, KnowsRootByNameAndByNumberAndNoStranger) {
  for (const char* name : {"root", "0"}) {
    const auto root = find_user(name);
    ASSERT_TRUE(root);
    EXPECT_EQ(root->name, "root");
    EXPECT_EQ(root->uid, 0U);
    EXPECT_THAT(root->groups, testing::Contains(0U));
  }
  EXPECT_EQ(find_user("no-such-user").error().kind, ErrorKind::config);
}

TEST(UserNames, AreNumbersWhenThereIsNoName) {
  EXPECT_EQ(user_name(0), "root");
  EXPECT_EQ(group_name(0), "root");
  EXPECT_EQ(user_name(4'000'000'000), "4000000000");
  EXPECT_EQ(group_name(4'000'000'000), "4000000000");
}

}  // namespace
}  // namespace lectio
