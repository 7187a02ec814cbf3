// Logs that grow, are rotated, copied, compressed and damaged.
#include "io/log_file.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "io/system_clock.hpp"

namespace lectio {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::chrono::hours before_all{24 * 365 * 30};

// A line is its time in minutes since the epoch, then anything: "12 words".
class LogFileTest : public ::testing::Test {
 protected:
  LogFileTest() { std::filesystem::create_directories(directory_); }
  ~LogFileTest() override { std::filesystem::remove_all(directory_); }

  static std::optional<WallTime> time_of(std::string_view line) {
    std::int64_t minute = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), minute);
    if (error != std::errc{}) return std::nullopt;
    return WallTime{std::chrono::minutes{minute}};
  }

  LogRead read(std::optional<LogPlace> from = std::nullopt,
               std::chrono::minutes since = std::chrono::minutes{0},
               Milliseconds budget = std::chrono::minutes{1}) {
    lines_.clear();
    const LogReader reader{.time_of = time_of, .take = [&](std::string_view line) {
                             if (lines_.size() < 100'000) lines_.emplace_back(line);
                           }};
    const auto done = read_log(path_, from, WallTime{since}, reader, Deadline{clock_, budget});
    EXPECT_TRUE(done) << done.error().message;
    return done.value_or(LogRead{});
  }

  void write(const std::string& text) { std::ofstream{path_} << text; }
  void append(const std::string& text) { std::ofstream{path_, std::ios::app} << text; }
  void rotate(const std::string& to) { std::filesystem::rename(path_, path_ + to); }
  // As gzip does it: the time of the last change stays.
  void compress(const std::string& from, const std::string& to) {
    const auto changed = std::filesystem::last_write_time(path_ + from);
    std::ifstream file{path_ + from, std::ios::binary};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    const gzFile out = gzopen((path_ + to).c_str(), "wb");
    gzwrite(out, text.data(), static_cast<unsigned>(text.size()));
    gzclose(out);
    std::filesystem::remove(path_ + from);
    std::filesystem::last_write_time(path_ + to, changed);
  }

  SystemClock clock_;
  const std::filesystem::path directory_ =
      std::filesystem::path{::testing::TempDir()} / fmt::format("log_file_test.{}", ::getpid());
  const std::string path_ = directory_ / "access.log";
  std::vector<std::string> lines_;
};

TEST_F(LogFileTest, ReadsOnWhereItEnded) {
  write("1 a\n2 b\n");
  const LogRead first = read();
  EXPECT_THAT(lines_, ElementsAre("1 a", "2 b"));
  EXPECT_TRUE(first.is_complete);
  EXPECT_THAT((read(first.place), lines_), IsEmpty());
  append("3 c\n4 unfini");
  const LogRead second = read(first.place);
  EXPECT_THAT(lines_, ElementsAre("3 c"));
  append("shed\n");
  read(second.place);
  EXPECT_THAT(lines_, ElementsAre("4 unfinished"));
}

TEST_F(LogFileTest, FollowsARotation) {
  write("1 a\n");
  const LogPlace place = read().place;
  append("2 b\n3 c without an end");
  rotate(".1");
  write("4 d\n");
  EXPECT_TRUE(read(place).is_complete);
  EXPECT_THAT(lines_, ElementsAre("2 b", "3 c without an end", "4 d"));
}

TEST_F(LogFileTest, FollowsTwoRotationsTheOlderCompressed) {
  write("1 a\n");
  const LogPlace place = read().place;
  append("2 b\n");
  rotate(".1");
  compress(".1", ".2.gz");
  write("3 c\n");
  rotate(".1");
  write("4 d\n");
  EXPECT_TRUE(read(place).is_complete);
  EXPECT_THAT(lines_, ElementsAre("2 b", "3 c", "4 d"));
}

TEST_F(LogFileTest, WhatIsOlderThanThePlaceIsNotReadAgain) {
  write("1 a\n");
  rotate(".2");
  write("2 b\n");
  const LogPlace place = read().place;
  ASSERT_THAT(lines_, ElementsAre("1 a", "2 b"));
  rotate(".1");
  write("3 c\n");
  EXPECT_TRUE(read(place).is_complete);
  EXPECT_THAT(lines_, ElementsAre("3 c"));
}

TEST_F(LogFileTest, FollowsACopyThatLeavesTheFileEmpty) {
  write("1 a\n");
  const LogPlace place = read().place;
  append("2 b\n");
  std::filesystem::copy(path_, path_ + "-20261127");
  std::filesystem::resize_file(path_, 0);
  append("3 c, longer than what was read of it before it was emptied\n");
  EXPECT_TRUE(read(place).is_complete);
  EXPECT_THAT(lines_,
              ElementsAre("2 b", "3 c, longer than what was read of it before it was emptied"));
}

TEST_F(LogFileTest, SaysWhenSomethingIsLost) {
  write("1 a\n");
  const LogPlace place = read().place;
  std::filesystem::remove(path_);
  write("2 b\n");
  EXPECT_FALSE(read(place).is_complete);
  EXPECT_THAT(lines_, ElementsAre("2 b"));
}

TEST_F(LogFileTest, OthersFilesAreNotItsOwn) {
  write("1 a\n");
  std::ofstream{directory_ / "access.logger"} << "2 b\n";
  std::ofstream{directory_ / "other.log.1"} << "3 c\n";
  read();
  EXPECT_THAT(lines_, ElementsAre("1 a"));
}

TEST_F(LogFileTest, FindsTheHourInALogOfAYear) {
  std::ofstream file{path_};
  const std::string rest(90, 'x');
  for (int minute = 0; minute < 200'000; ++minute) file << minute << ' ' << rest << '\n';
  file.close();
  read(std::nullopt, std::chrono::minutes{199'940});
  EXPECT_LT(lines_.size(), 10'000U);
  EXPECT_THAT(lines_, ::testing::Contains(fmt::format("199940 {}", rest)));
  EXPECT_EQ(lines_.back(), fmt::format("199999 {}", rest));
}

TEST_F(LogFileTest, AHoleOfTwoGigabytesCostsNothing) {
  write("1 a\n");
  std::filesystem::resize_file(path_, std::uintmax_t{2} << 30U);
  append("\n100 b\n");
  const LogRead done = read(std::nullopt, std::chrono::minutes{100});
  EXPECT_EQ(done.place.offset, (std::uintmax_t{2} << 30U) + 7);
  EXPECT_EQ(lines_.back(), "100 b");
}

TEST_F(LogFileTest, RubbishIsNoLine) {
  std::string rubbish(300'000, '\xff');
  write("1 a\n" + rubbish + "\n2 b\n");
  append(std::string("\0\0\0\n", 4) + "3 c\n");
  read();
  EXPECT_THAT(lines_, ElementsAre("1 a", "2 b", std::string("\0\0\0", 3), "3 c"));
}

TEST_F(LogFileTest, ABrokenArchiveIsReadAsFarAsItGoes) {
  std::string lines = "1 a\n";
  for (unsigned i = 0; i < 20'000; ++i) {
    lines += "1 " + std::to_string(i * 2'654'435'761U) + "\n";
  }
  write(lines);
  rotate(".1");
  compress(".1", ".2.gz");
  std::filesystem::resize_file(path_ + ".2.gz", std::filesystem::file_size(path_ + ".2.gz") / 2);
  write("2 b\n");
  EXPECT_THAT((read(), lines_), ::testing::IsSupersetOf({"1 a", "2 b"}));
}

TEST_F(LogFileTest, ThereIsNone) {
  const LogReader reader{.time_of = time_of, .take = [](std::string_view) {}};
  const auto done = read_log(path_, std::nullopt, {}, reader, Deadline{clock_, before_all});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::io);
  EXPECT_THAT(done.error().message, ::testing::HasSubstr(path_));
}

TEST_F(LogFileTest, StopsWhenTimeIsUp) {
  write("1 a\n");
  EXPECT_FALSE(read(std::nullopt, std::chrono::minutes{0}, Milliseconds{0}).is_complete);
  EXPECT_THAT(lines_, IsEmpty());
}

}  // namespace
}  // namespace lectio
