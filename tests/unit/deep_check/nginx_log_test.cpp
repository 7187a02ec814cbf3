// What nginx's logs say, line by line and of an hour.
#include "deep_check/nginx_log.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "io/system_clock.hpp"

namespace lectio {
namespace {

WallTime at(std::int64_t unix_seconds) {
  return std::chrono::system_clock::from_time_t(unix_seconds);
}

std::string fact(const Finding& finding, std::string_view name) {
  const FactValue* const value = finding.facts.find(name);
  return value == nullptr ? "" : to_text(*value);
}

TEST(AccessLines, AreNginxsOwn) {
  const auto line = parse_access_line(
      R"(203.0.113.9 - bob [27/Nov/2026:15:04:59 +0300] "GET /api/me/?a=1 HTTP/2.0" 502 157 "-" "curl")");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->time, at(1795781040));  // 12:04 UTC
  EXPECT_EQ(line->status, 502);
  EXPECT_EQ(line->path, "/api/me/");
}

TEST(AccessLines, OfStrangersToo) {
  EXPECT_EQ(parse_access_line(R"(1.1.1.1 - - [27/Nov/2026:00:00:00 -0930] "" 400 0 "-" "-")")->time,
            at(1795771800));
  EXPECT_EQ(
      parse_access_line(R"(1.1.1.1 - - [27/Nov/2026:00:00:00 +0000] "\x16\x03\x22" 400 0 "-" "-")")
          ->status,
      400);
  EXPECT_EQ(
      parse_access_line(
          R"(1.1.1.1 - - [27/Nov/2026:00:00:00 +0000] "GET /a HTTP/1.1" 200 5 "-" "\x22[" "x")")
          ->path,
      "/a");
}

TEST(AccessLines, WhatIsNoneIsNone) {
  for (const char* line :
       {"", "[", R"({"status":502})", R"(1.1.1.1 - - [27/Nov/2026:00:00:00 +0000])",
        R"(1.1.1.1 - - [27/Nov/2026:00:00:00 +0000] "GET / HTTP/1.1" 5x2 1)",
        R"(1.1.1.1 - - [99/Nov/2026:00:00:00 +0000] "GET / HTTP/1.1" 502 1)",
        R"(1.1.1.1 - - [27/Foo/2026:00:00:00 +0000] "GET / HTTP/1.1" 502 1)",
        R"(1.1.1.1 - - [27/anF/2026:00:00:00 +0000] "GET / HTTP/1.1" 502 1)",
        R"(1.1.1.1 - - [27/Nov/2026:00:00:00"+0000] "GET / HTTP/1.1" 502 1)",
        R"(1.1.1.1 - - [27/Nov/2026:00:00:00 +0000] "GET / HTTP/1.1" 50)",
        R"(x" 502 [27/Nov/2026:00:00:00 +0000])"}) {
    EXPECT_FALSE(parse_access_line(line)) << line;
  }
  const std::string_view whole =
      R"(1.1.1.1 - - [27/Nov/2026:00:00:00 +0000] "GET / HTTP/1.1" 502 1)";
  EXPECT_FALSE(parse_access_line(whole.substr(0, whole.find("2 1")))) << "cut in its status";
}

TEST(ErrorLines, SayWhatKindOfComplaintTheyAre) {
  const auto line = parse_error_line(
      R"(2026/11/27 12:00:00 [error] 12#12: *7 open() "/a/b.png" failed (2: No such file or directory), client: 1.1.1.1, server: x, request: "GET /b.png HTTP/1.1")");
  ASSERT_TRUE(line);
  EXPECT_TRUE(line->is_bad);
  EXPECT_EQ(line->kind, R"(open() "…" failed (2: No such file or directory))");
  const auto alert =
      parse_error_line("2026/11/27 12:00:00 [alert] 12#12: worker process 13 exited on signal 9");
  EXPECT_EQ(alert->kind, "alert: worker process 13 exited on signal 9");
  EXPECT_FALSE(parse_error_line("2026/11/27 12:00:00 [warn] 12#12: *7 a")->is_bad);
  const auto notice = parse_error_line("2026/11/27 12:00:00 [notice] 12#12 without a colon");
  EXPECT_TRUE(notice && !notice->is_bad);
  EXPECT_FALSE(parse_error_line("2026/11/27 12:00:00 error"));
  EXPECT_FALSE(parse_error_line("2026/11/27 12:0x:00 [error] 1#1: x"));
  EXPECT_FALSE(parse_error_line("nothing of the kind at all [error] 1#1: x"));
}

TEST(ErrorLines, AreOfTheMachinesOwnTime) {
  const std::time_t now = 1795781040;
  std::tm local{};
  ::localtime_r(&now, &local);
  const auto line = parse_error_line(fmt::format("{:%Y/%m/%d %H:%M:%S} [error] 1#1: x", local));
  ASSERT_TRUE(line);
  EXPECT_EQ(line->time, at(now));
}

class NginxLogTest : public ::testing::Test {
 protected:
  ~NginxLogTest() override { std::filesystem::remove(path_); }

  void log(int status, int times, std::chrono::minutes ago, const std::string& path = "/") {
    std::ofstream file{path_, std::ios::app};
    const auto time = std::chrono::system_clock::to_time_t(now_ - ago);
    for (int i = 0; i < times; ++i) {
      file << fmt::format("1.1.1.1 - - [{:%d/%b/%Y:%H:%M:%S} +0000] \"GET {} HTTP/1.1\" {} 1\n",
                          fmt::gmtime(time), path, status);
    }
  }
  Result<AccessMemory> follow(AccessMemory memory = {}) {
    return follow_access_log(path_, std::move(memory), now_,
                             Deadline{clock_, std::chrono::minutes{1}});
  }

  SystemClock clock_;
  const WallTime now_ = clock_.wall();
  const std::string path_ =
      std::filesystem::path{::testing::TempDir()} / fmt::format("nginx_log_test.{}", ::getpid());
};

TEST_F(NginxLogTest, CountsTheLastHourAndNothingElse) {
  log(502, 50, std::chrono::minutes{90});
  log(200, 180, std::chrono::minutes{50});
  log(502, 15, std::chrono::minutes{40}, "/api/b/");
  log(503, 5, std::chrono::minutes{2}, "/api/a/");
  const Finding finding = judge_requests(follow(), {});
  EXPECT_EQ(finding.outcome, Outcome::critical);
  EXPECT_EQ(fact(finding, "requests"), "200");
  EXPECT_EQ(fact(finding, "failed"), "20");
  EXPECT_EQ(fact(finding, "paths"), "/api/b/ (15), /api/a/ (5)");
}

TEST_F(NginxLogTest, RemembersWhatItHasRead) {
  log(502, 3, std::chrono::minutes{10});
  AccessMemory memory = *follow();
  log(502, 4, std::chrono::minutes{5});
  memory = *follow(memory);
  EXPECT_EQ(memory.lines, 4U);
  EXPECT_EQ(fact(judge_requests(memory, {}), "failed"), "7");
  memory.path = "/another";
  EXPECT_EQ(follow(memory)->lines, 7U) << "another log begins anew";
}

TEST_F(NginxLogTest, AFewFailuresAreTheWorlds) {
  log(200, 20, std::chrono::minutes{5});
  log(502, 9, std::chrono::minutes{5});
  EXPECT_EQ(judge_requests(follow(), {}).outcome, Outcome::good);
  log(502, 1, std::chrono::minutes{5});
  EXPECT_EQ(judge_requests(follow(), {}).outcome, Outcome::critical);
  log(200, 970, std::chrono::minutes{5});
  EXPECT_EQ(judge_requests(follow(), {}).outcome, Outcome::warning);
  log(200, 1, std::chrono::minutes{5});
  EXPECT_EQ(judge_requests(follow(), {}).outcome, Outcome::good);
}

TEST_F(NginxLogTest, HoldsNoMoreThanItCanShow) {
  for (int i = 0; i < 500; ++i) log(502, 1, std::chrono::minutes{5}, fmt::format("/{}", i));
  const auto memory = follow();
  EXPECT_LE(memory->minutes.begin()->second.paths.size(), 30U);
  EXPECT_EQ(fact(judge_requests(memory, {}), "failed"), "500");
}

TEST_F(NginxLogTest, WhatAnOutageThatIsKnownHasRefusedIsNoNews) {
  log(502, 50, std::chrono::minutes{30});
  log(200, 100, std::chrono::minutes{10});
  const auto memory = follow();
  const auto around = [&](std::chrono::minutes from, std::chrono::minutes to) {
    return judge_requests(memory, {}, {{now_ - from, now_ - to}}).outcome;
  };
  using std::chrono::minutes;
  EXPECT_EQ(around(minutes{31}, minutes{28}), Outcome::good);
  EXPECT_EQ(around(minutes{25}, minutes{20}), Outcome::critical);
  EXPECT_EQ(around(minutes{50}, minutes{40}), Outcome::critical);
  EXPECT_EQ(around(minutes{60}, minutes{0}), Outcome::skipped) << "nothing is left to judge by";
  std::filesystem::remove(path_);
  std::ofstream{path_} << "";
  EXPECT_EQ(judge_requests(follow(), {}, {{now_ - minutes{60}, now_}}).outcome, Outcome::good)
      << "nobody came at night";
}

TEST_F(NginxLogTest, ForgetsWhatIsOlderThanAnHour) {
  log(200, 1, std::chrono::minutes{1});
  AccessMemory memory = *follow();
  const auto old = std::chrono::floor<std::chrono::minutes>(now_ - std::chrono::minutes{61});
  memory.minutes[fmt::format("{}", old.time_since_epoch().count())] = {
      .requests = 50, .failed = 50, .paths = {}};
  EXPECT_EQ(fact(judge_requests(follow(memory), {}), "failed"), "0");
}

TEST_F(NginxLogTest, ForgetsWhatAClockThatWasAheadHasWritten) {
  log(502, 50, std::chrono::hours{-24});
  EXPECT_EQ(fact(judge_requests(follow(), {}), "failed"), "0");
}

TEST_F(NginxLogTest, SaysThatLinesOfTheHourWereLost) {
  log(502, 3, std::chrono::minutes{10});
  AccessMemory memory = *follow();
  EXPECT_EQ(fact(judge_requests(memory, {}), "incomplete_log"), "");
  std::filesystem::remove(path_);  // as a rotation that keeps nothing
  log(200, 100, std::chrono::minutes{1}, "/another");
  memory = *follow(memory);
  const Finding finding = judge_requests(memory, {});
  EXPECT_EQ(finding.outcome, Outcome::good);
  EXPECT_EQ(fact(finding, "incomplete_log"), path_);
  EXPECT_EQ(fact(finding, "failed"), "3");
  EXPECT_EQ(fact(judge_requests(follow(memory), {}), "incomplete_log"), "");
}

TEST_F(NginxLogTest, NamesNoPathThatOpensSomething) {
  log(502, 10, std::chrono::minutes{5}, "/reset/MTIz/c8k3zv-0123456789abcdef0123456789abcdef/");
  log(502, 9, std::chrono::minutes{5}, "/" + std::string(6000, 'a'));
  EXPECT_EQ(fact(judge_requests(follow(), {}), "paths"), "/reset/MTIz/…/ (10), /… (9)");
}

TEST_F(NginxLogTest, AnotherFormatIsNoGoodNews) {
  std::ofstream{path_} << "{}\n{}\n{}\n";
  const Finding finding = judge_requests(follow(), {});
  EXPECT_EQ(finding.outcome, Outcome::unknown);
  EXPECT_EQ(finding.code, "log_not_understood");
  std::filesystem::remove(path_);
  EXPECT_EQ(judge_requests(follow(), {}).code, "log_unreadable");
}

TEST(NginxErrors, SayThatLinesWereLost) {
  const ErrorMemory memory{.path = "/log", .is_whole = false};
  const Finding finding = judge_errors(memory, {});
  EXPECT_EQ(finding.outcome, Outcome::good);
  EXPECT_EQ(fact(finding, "incomplete_log"), "/log");
}

TEST(NginxErrors, ManyAreAWarningAndTenTimesAsManyAreCritical) {
  const auto of = [](std::uint64_t errors) {
    ErrorMemory memory;
    memory.minutes["1"] = {.errors = errors, .kinds = {{"a <b>", errors}}};
    return judge_errors(memory, {100, 1000});
  };
  EXPECT_EQ(of(100).outcome, Outcome::good);
  EXPECT_EQ(of(101).outcome, Outcome::warning);
  EXPECT_EQ(of(1001).outcome, Outcome::critical);
  EXPECT_EQ(fact(of(101), "kinds"), "a <b> (101)");
}

}  // namespace
}  // namespace lectio
