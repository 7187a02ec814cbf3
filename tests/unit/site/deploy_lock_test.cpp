#include "site/deploy_lock.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

namespace lectio {
namespace {

class DeployLockTest : public testing::Test {
 protected:
  DeployLockTest() {
    std::string path = testing::TempDir() + "deploy_lock.XXXXXX";
    state_ = std::string{::mkdtemp(path.data())} + "/state";
  }
  ~DeployLockTest() override {
    std::filesystem::remove_all(std::filesystem::path{state_}.parent_path());
  }

  Result<std::optional<Fd>> take(const std::string& what, const std::string& who) {
    return try_deploy_lock(state_, {.what = what, .who = who, .since = since_});
  }

  std::string state_;
  const WallTime since_{std::chrono::seconds{1'795'489'836}};
};

TEST_F(DeployLockTest, SaysWhoHoldsIt) {
  EXPECT_FALSE(deploy_lock_holder(state_));
  const auto lock = take("frontend --dry-run", "ivan");
  ASSERT_TRUE(lock && *lock);
  const auto second = take("backend", "olga");
  ASSERT_TRUE(second);
  EXPECT_FALSE(*second);
  const auto holder = deploy_lock_holder(state_);
  ASSERT_TRUE(holder);
  EXPECT_EQ(holder->what, "frontend --dry-run");
  EXPECT_EQ(holder->who, "ivan");
  EXPECT_EQ(holder->pid, ::getpid());
  EXPECT_EQ(holder->since, since_);
}

TEST_F(DeployLockTest, TheNextHolderSaysItsOwn) {
  ASSERT_TRUE(take("frontend with a long way to say what it does", "ivan"));
  ASSERT_TRUE(take("backend", "olga"));
  const auto holder = deploy_lock_holder(state_);
  ASSERT_TRUE(holder);
  EXPECT_EQ(holder->who, "olga");
}

TEST_F(DeployLockTest, ADeadHolderSaysNothing) {
  const pid_t child = ::fork();
  if (child == 0) {
    const bool held = take("backend", "ivan").has_value();
    ::_exit(held ? 0 : 1);
  }
  int status = 1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  ASSERT_TRUE(std::filesystem::exists(state_ + "/deploy_safe.lock"));
  EXPECT_FALSE(deploy_lock_holder(state_));
}

}  // namespace
}  // namespace lectio
