#include "io/tree.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "io/file.hpp"

namespace {

// What the file system says to each renameat2; 0: what it really says.
int renameat2_fails_with = 0;

}  // namespace

// In the place of libc's.
extern "C" int renameat2(int old_at, const char* old_path, int new_at, const char* new_path,
                         unsigned flags) noexcept {
  if (renameat2_fails_with == 0) {
    return static_cast<int>(::syscall(SYS_renameat2, old_at, old_path, new_at, new_path, flags));
  }
  errno = renameat2_fails_with;
  return -1;
}

namespace lectio {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class TreeTest : public testing::Test {
 protected:
  TreeTest() {
    std::string path = testing::TempDir() + "tree.XXXXXX";
    root_ = ::mkdtemp(path.data());
    put("from/index.html", "page");
    put("from/static/js/main.js", "script");
  }
  ~TreeTest() override { std::filesystem::remove_all(root_); }

  std::string at(const std::string& path) const { return root_ + "/" + path; }
  void put(const std::string& path, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path{at(path)}.parent_path());
    ASSERT_TRUE(write_file_atomically(at(path), text, 0600));
  }
  mode_t mode(const std::string& path) const {
    struct stat status{};
    EXPECT_EQ(::lstat(at(path).c_str(), &status), 0) << path;
    return status.st_mode & 07777U;
  }

  std::string root_;
  TreeOwner owner_{::getuid(), ::getgid()};
};

TEST_F(TreeTest, IsCopiedWithModesOfItsOwn) {
  ::chmod(at("from/static").c_str(), 0700);
  ::symlink("js/main.js", at("from/static/link").c_str());
  ASSERT_TRUE(copy_tree(at("from"), at("to"), owner_, [] { return false; }));
  EXPECT_EQ(*read_file(at("to/static/js/main.js")), "script");
  EXPECT_EQ(mode("to"), 0755U);
  EXPECT_EQ(mode("to/static"), 0755U);
  EXPECT_EQ(mode("to/static/js/main.js"), 0644U);
  EXPECT_EQ(std::filesystem::read_symlink(at("to/static/link")), "js/main.js");
}

TEST_F(TreeTest, GetsItsModesBackButNothingBehindALink) {
  put("elsewhere/secret", "s");
  ::symlink(at("elsewhere").c_str(), at("from/static/link").c_str());
  ::symlink(at("elsewhere/secret").c_str(), at("from/file").c_str());
  ::chmod(at("from/index.html").c_str(), 0);
  ::chmod(at("from/static/js").c_str(), 0);
  ::chmod(at("elsewhere/secret").c_str(), 0600);
  ::chmod(at("elsewhere").c_str(), 0700);
  if (::geteuid() != 0) GTEST_SKIP() << "only root opens what has no mode";
  ASSERT_TRUE(own_tree(at("from"), owner_));
  EXPECT_EQ(mode("from"), 0755U);
  EXPECT_EQ(mode("from/index.html"), 0644U);
  EXPECT_EQ(mode("from/static/js"), 0755U);
  EXPECT_EQ(mode("from/static/js/main.js"), 0644U);
  EXPECT_EQ(mode("elsewhere"), 0700U);
  EXPECT_EQ(mode("elsewhere/secret"), 0600U);
  EXPECT_FALSE(own_tree(at("nothing"), owner_));
}

TEST_F(TreeTest, ACopyThatIsStoppedLeavesNothing) {
  int asked = 0;
  const auto copied = copy_tree(at("from"), at("to"), owner_, [&] { return ++asked > 2; });
  ASSERT_FALSE(copied);
  EXPECT_EQ(copied.error().kind, ErrorKind::cancelled);
  EXPECT_FALSE(std::filesystem::exists(at("to")));
}

TEST_F(TreeTest, IsNeverCopiedOverAnother) {
  put("to/mine", "x");
  EXPECT_FALSE(copy_tree(at("from"), at("to"), owner_, [] { return false; }));
  EXPECT_EQ(*read_file(at("to/mine")), "x");
}

TEST_F(TreeTest, IsMeasured) {
  const auto size = measure_tree(at("from"));
  ASSERT_TRUE(size);
  EXPECT_EQ(size->bytes, 10U);
  EXPECT_EQ(size->entries, 5U);
}

TEST_F(TreeTest, LinksMayNotLeadOut) {
  ::symlink("../index.html", at("from/static/page").c_str());
  EXPECT_TRUE(measure_tree(at("from")));
  ::symlink("..", at("from/static/js/up").c_str());
  for (const std::string target :
       {"/etc/passwd", "../../secret", "../..", "../../from/index.html", "js/up/../../secret"}) {
    ::symlink(target.c_str(), at("from/static/out").c_str());
    const auto size = measure_tree(at("from"));
    ASSERT_FALSE(size) << target;
    EXPECT_THAT(size.error().message, HasSubstr("leads out"));
    std::filesystem::remove(at("from/static/out"));
  }
}

TEST_F(TreeTest, AnythingButFilesIsAnError) {
  ASSERT_EQ(::mkfifo(at("from/pipe").c_str(), 0600), 0);
  EXPECT_THAT(measure_tree(at("from")).error().message, HasSubstr("from/pipe"));
}

TEST_F(TreeTest, AFileIsJoinedWithTheDirectoriesItNeeds) {
  put("to/index.html", "other");
  ASSERT_TRUE(link_into_tree(at("from"), at("to"), "static/js/main.js", owner_));
  ASSERT_TRUE(link_into_tree(at("from"), at("to"), "index.html", owner_));
  EXPECT_EQ(*read_file(at("to/static/js/main.js")), "script");
  EXPECT_EQ(*read_file(at("to/index.html")), "other") << "what is there stays";
  EXPECT_EQ(mode("to/static"), 0755U);
  EXPECT_THAT(*files_of_tree(at("to")), ElementsAre("index.html", "static/js/main.js"));
}

TEST_F(TreeTest, TwoAreExchanged) {
  put("to/index.html", "other");
  const auto exchanged = exchange(at("from"), at("to"), at("spare"));
  ASSERT_TRUE(exchanged) << exchanged.error().message;
  EXPECT_EQ(*read_file(at("to/index.html")), "page");
  EXPECT_EQ(*read_file(at("from/index.html")), "other");
  EXPECT_FALSE(exchange(at("from"), at("none"), at("spare")));
  EXPECT_EQ(*read_file(at("from/index.html")), "other");
}

TEST_F(TreeTest, WhereTheyCannotBeExchangedAtOnceItIsDoneInSteps) {
  put("to/index.html", "other");
  for (const int why : {EINVAL, ENOSYS, EXDEV}) {
    renameat2_fails_with = why;
    const auto there = exchange(at("from"), at("to"), at("spare"));
    const auto back = exchange(at("from"), at("to"), at("spare"));
    const auto none = exchange(at("none"), at("to"), at("spare"));
    renameat2_fails_with = 0;
    ASSERT_TRUE(there) << std::strerror(why) << ": " << there.error().message;
    EXPECT_FALSE(*there);
    EXPECT_TRUE(back);
    EXPECT_EQ(*read_file(at("from/index.html")), "page");
    EXPECT_FALSE(none);
    EXPECT_EQ(*read_file(at("to/index.html")), "other") << "it was put back";
    EXPECT_FALSE(std::filesystem::exists(at("spare")));
  }
  renameat2_fails_with = EROFS;
  const auto failed = exchange(at("from"), at("to"), at("spare"));
  renameat2_fails_with = 0;
  ASSERT_FALSE(failed);
  EXPECT_EQ(*read_file(at("to/index.html")), "other");
}

TEST_F(TreeTest, WhatCannotBeMovedAtAllStaysWhereItIs) {
  const std::string elsewhere = fmt::format("/dev/shm/tree_test.{}", ::getpid());
  put("to/index.html", "other");
  renameat2_fails_with = EXDEV;
  const auto failed = exchange(at("from"), at("to"), elsewhere);
  renameat2_fails_with = 0;
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, ErrorKind::config);
  EXPECT_EQ(*read_file(at("to/index.html")), "other");
  EXPECT_EQ(*read_file(at("from/index.html")), "page");
}

TEST_F(TreeTest, IsRemovedTwice) {
  EXPECT_TRUE(remove_tree(at("from")));
  EXPECT_TRUE(remove_tree(at("from")));
  EXPECT_FALSE(std::filesystem::exists(at("from")));
}

}  // namespace
}  // namespace lectio
