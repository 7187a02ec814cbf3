#include "site/run_stamp.hpp"

#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>

#include "io/file.hpp"

namespace lectio {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;

WallTime at(std::int64_t second) { return WallTime{std::chrono::seconds{second}}; }

class RunStamps : public testing::Test {
 protected:
  RunStamps() {
    std::string path = testing::TempDir() + "run_stamp.XXXXXX";
    state_dir_ = ::mkdtemp(path.data());
  }
  ~RunStamps() override { std::filesystem::remove_all(state_dir_); }

  void ran(const std::string& tool, Status status, std::int64_t end) {
    const auto written = write_run_stamp(state_dir_, {.tool = tool,
                                                      .started = at(end - 2),
                                                      .ended = at(end),
                                                      .status = status,
                                                      .last_ok = std::nullopt,
                                                      .period = std::chrono::minutes{5}});
    ASSERT_TRUE(written.has_value()) << written.error().message;
  }
  std::vector<RunStamp> read() {
    auto stamps = read_run_stamps(state_dir_, notes_);
    EXPECT_TRUE(stamps.has_value()) << stamps.error().message;
    return stamps.value_or(std::vector<RunStamp>{});
  }
  void write(const std::string& name, const std::string& content) {
    ASSERT_TRUE(make_directory(state_dir_ + "/runs"));
    ASSERT_TRUE(write_file_atomically(state_dir_ + "/runs/" + name, content, 0600));
  }

  std::string state_dir_;
  std::vector<std::string> notes_;
};

TEST_F(RunStamps, NothingHasRunYet) { EXPECT_THAT(read(), IsEmpty()); }

TEST_F(RunStamps, ComeBackAsTheyWereWritten) {
  ran("smoke_check", Status::warning, 1'000);
  ran("health_check", Status::ok, 2'000);
  const auto stamps = read();
  ASSERT_THAT(stamps, ElementsAre(Field(&RunStamp::tool, "health_check"),
                                  Field(&RunStamp::tool, "smoke_check")));
  EXPECT_EQ(stamps[1].started, at(998));
  EXPECT_EQ(stamps[1].ended, at(1'000));
  EXPECT_EQ(stamps[1].status, Status::warning);
  EXPECT_EQ(stamps[1].last_ok, std::nullopt);
  EXPECT_EQ(stamps[1].period, std::chrono::minutes{5});
  EXPECT_EQ(stamps[0].last_ok, at(2'000));
}

TEST_F(RunStamps, RememberTheLastGoodRunOverBadOnes) {
  ran("smoke_check", Status::ok, 1'000);
  ran("smoke_check", Status::critical, 1'300);
  ran("smoke_check", Status::unknown, 1'600);
  const auto stamps = read();
  ASSERT_EQ(stamps.size(), 1U);
  EXPECT_EQ(stamps[0].ended, at(1'600));
  EXPECT_EQ(stamps[0].last_ok, at(1'000));
}

TEST_F(RunStamps, SayWhenTheLastGoodRunWas) {
  ran("smoke_check", Status::ok, 1'000);
  const auto written = write_run_stamp(state_dir_, {.tool = "smoke_check",
                                                    .started = at(1'298),
                                                    .ended = at(1'300),
                                                    .status = Status::critical,
                                                    .last_ok = std::nullopt,
                                                    .period = std::chrono::minutes{5}});
  ASSERT_TRUE(written);
  EXPECT_EQ(written->last_ok, at(1'000));
}

TEST_F(RunStamps, SetADamagedOneAsideAndSayIt) {
  ran("health_check", Status::ok, 2'000);
  for (
      const std::string damage :
      {"", "{\"tool\":\"smo", "[]", "{\"tool\":\"smoke_check\"}",
       R"({"tool":"other","status":"ok","started_ms":1,"ended_ms":2,"period_ms":3})",
       R"({"tool":"smoke_check","started_ms":1,"ended_ms":2,"period_ms":3})",
       R"({"tool":"smoke_check","status":"ok","started_ms":1,"ended_ms":2})",
       R"({"tool":"smoke_check","status":"fine","started_ms":1,"ended_ms":2,"period_ms":3})",
       R"({"tool":"smoke_check","status":"ok","started_ms":1,"ended_ms":-2,"period_ms":3})",
       R"({"tool":"smoke_check","status":"ok","started_ms":1,"ended_ms":9e18,"period_ms":3})",
       R"({"tool":"smoke_check","status":"ok","started_ms":1,"ended_ms":9000000000000000000,"period_ms":3})"}) {
    notes_.clear();
    write("smoke_check.json", damage);
    EXPECT_THAT(read(), ElementsAre(Field(&RunStamp::tool, "health_check"))) << damage;
    ASSERT_EQ(notes_.size(), 1U) << damage;
    EXPECT_THAT(notes_[0], MatchesRegex(".*runs/smoke_check.json was damaged: kept as "
                                        ".*smoke_check.json.corrupt-[0-9]+"));
  }
  notes_.clear();
  read();
  EXPECT_THAT(notes_, IsEmpty());
}

TEST_F(RunStamps, ADamagedOneDoesNotStopTheNextRun) {
  write("smoke_check.json", "not json");
  ran("smoke_check", Status::warning, 1'000);
  EXPECT_THAT(read(), ElementsAre(AllOf(Field(&RunStamp::tool, "smoke_check"),
                                        Field(&RunStamp::last_ok, testing::Eq(std::nullopt)))));
}

TEST_F(RunStamps, AreNobodyElsesBusiness) {
  ran("smoke_check", Status::ok, 1'000);
  struct stat status{};
  ASSERT_EQ(::stat((state_dir_ + "/runs").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0700U);
  ASSERT_EQ(::stat((state_dir_ + "/runs/smoke_check.json").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
}

TEST_F(RunStamps, AStateDirectoryThatIsNoneIsAnError) {
  ASSERT_TRUE(write_file_atomically(state_dir_ + "/runs", "a file", 0600));
  const auto stamps = read_run_stamps(state_dir_, notes_);
  ASSERT_FALSE(stamps.has_value());
  EXPECT_THAT(stamps.error().message, HasSubstr(state_dir_ + "/runs: Not a directory"));
}

}  // namespace
}  // namespace lectio
