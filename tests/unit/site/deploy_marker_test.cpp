#include "site/deploy_marker.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "io/file.hpp"

namespace lectio {
namespace {

using testing::HasSubstr;

constexpr std::chrono::minutes grace{5};

// The machine's clock, moved: files keep the kernel's time.
class MovedClock final : public Clock {
 public:
  WallTime wall() override { return std::chrono::system_clock::now() + moved; }
  BootTime boot() override { return BootTime{0}; }
  void sleep(Milliseconds duration) override { moved += duration; }

  Milliseconds moved{0};
};

class DeployMarkers : public testing::Test {
 protected:
  DeployMarkers() {
    std::string path = testing::TempDir() + "deploy_marker.XXXXXX";
    run_dir_ = ::mkdtemp(path.data());
    marker_ = run_dir_ + "/deploy_in_progress";
  }
  ~DeployMarkers() override { std::filesystem::remove_all(run_dir_); }

  void write(const std::string& content) {
    ASSERT_TRUE(write_file_atomically(marker_, content, 0600));
  }
  void touch(std::chrono::seconds from_now) {
    const timespec time{::time(nullptr) + from_now.count(), 0};
    const timespec times[2] = {time, time};
    ASSERT_EQ(::utimensat(AT_FDCWD, marker_.c_str(), times, 0), 0);
  }
  std::string ours(pid_t pid, const std::string& boot_id, const std::string& start_time) {
    return fmt::format(
        R"({{"pid":{},"boot_id":"{}","start_time":{},"who":"olga","what":"backend","since":1790000000}})",
        pid, boot_id, start_time);
  }
  static std::string boot_id() {
    auto id = read_file("/proc/sys/kernel/random/boot_id").value_or("");
    return id.substr(0, id.find('\n'));
  }
  static std::string start_time() {
    std::string stat = read_file("/proc/self/stat").value_or("");
    stat.erase(0, stat.rfind(") ") + 2);
    for (int field = 3; field < 22; ++field) stat.erase(0, stat.find(' ') + 1);
    return stat.substr(0, stat.find(' '));
  }
  std::optional<DeployMarker> active() {
    auto marker = active_deploy(run_dir_, grace, clock_);
    EXPECT_TRUE(marker.has_value()) << marker.error().message;
    return marker.value_or(std::nullopt);
  }
  std::string refusal() {
    const auto marker = active_deploy(run_dir_, grace, clock_);
    return marker.has_value() ? "accepted" : marker.error().message;
  }

  std::string run_dir_;
  std::string marker_;
  MovedClock clock_;
};

TEST_F(DeployMarkers, ThereIsNone) {
  EXPECT_FALSE(active());
  run_dir_ += "/missing";
  EXPECT_FALSE(active());
}

TEST_F(DeployMarkers, ABareFileCountsForTheGracePeriod) {
  write("");
  ASSERT_TRUE(active());
  EXPECT_EQ(active()->pid, 0);
  clock_.moved = grace - std::chrono::seconds{10};
  EXPECT_TRUE(active());
  clock_.moved = grace + std::chrono::seconds{1};
  EXPECT_FALSE(active());
}

TEST_F(DeployMarkers, AnOldBareFileDoesNotCount) {
  write("deploy of Friday\n");
  touch(-(grace + std::chrono::seconds{5}));
  EXPECT_FALSE(active());
}

TEST_F(DeployMarkers, AnMtimeInTheFutureBuysNothing) {
  write("");
  touch(std::chrono::hours{24});
  EXPECT_TRUE(active());
  clock_.moved = grace + std::chrono::seconds{1};
  EXPECT_FALSE(active());
}

TEST_F(DeployMarkers, AFileFromTheFutureDoesNotCount) {
  write("");
  clock_.moved = -std::chrono::hours{1};
  EXPECT_FALSE(active());
}

TEST_F(DeployMarkers, OursCountsAsLongAsItsProcessLives) {
  write(ours(::getpid(), boot_id(), start_time()));
  clock_.moved = std::chrono::hours{2};
  const auto marker = active();
  ASSERT_TRUE(marker);
  EXPECT_EQ(marker->pid, ::getpid());
  EXPECT_EQ(marker->who, "olga");
  EXPECT_EQ(marker->what, "backend");
  EXPECT_EQ(marker->since, WallTime{std::chrono::seconds{1790000000}});
}

TEST_F(DeployMarkers, OursOfAnotherProcessWithTheSameNumberDoesNotCount) {
  write(ours(::getpid(), boot_id(), start_time() + "1"));
  EXPECT_FALSE(active());
}

TEST_F(DeployMarkers, OursOfAnotherBootDoesNotCount) {
  write(ours(::getpid(), "8c8b1f4e-0000-4000-8000-000000000000", start_time()));
  EXPECT_FALSE(active());
}

TEST_F(DeployMarkers, OursOfADeadProcessDoesNotCount) {
  write(ours(0x7fffffff, boot_id(), "1"));
  EXPECT_FALSE(active());
}

TEST_F(DeployMarkers, ASymbolicLinkIsRefused) {
  ASSERT_TRUE(write_file_atomically(run_dir_ + "/other", "", 0600));
  std::filesystem::create_symlink(run_dir_ + "/other", marker_);
  EXPECT_THAT(refusal(), HasSubstr("is ignored: it is a symbolic link"));
}

TEST_F(DeployMarkers, WhatIsNoPlainFileIsRefused) {
  ASSERT_EQ(::mkfifo(marker_.c_str(), 0600), 0);
  EXPECT_THAT(refusal(), HasSubstr("is ignored: not a plain file"));
}

TEST_F(DeployMarkers, AFileOfSomebodyElseIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  write("");
  ASSERT_EQ(::chown(marker_.c_str(), 65534, 65534), 0);
  EXPECT_THAT(refusal(), HasSubstr("is ignored: it belongs to user 65534"));
}

TEST_F(DeployMarkers, ADeployThatWasOverSoonLeavesItsTraceUnlessItLiesInTheFuture) {
  clock_.moved = std::chrono::seconds{30};
  const auto changed = run_dir_changed(run_dir_, clock_);
  ASSERT_TRUE(changed && *changed);
  EXPECT_GE(**changed, std::chrono::seconds{29});
  clock_.moved = -std::chrono::hours{3};
  EXPECT_EQ(run_dir_changed(run_dir_, clock_).value(), std::nullopt);
  EXPECT_EQ(run_dir_changed(run_dir_ + "/none", clock_).value(), std::nullopt);
}

}  // namespace
}  // namespace lectio
