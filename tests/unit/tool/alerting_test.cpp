#include "tool/alerting.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>

#include "alert/alert_path.hpp"
#include "alert/telegram_chat.hpp"
#include "base/stepping_clock.hpp"
#include "io/file.hpp"

namespace lectio {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

// Runs of one tool a minute apart, with places of their own to keep things.
class AlertingRuns : public testing::Test {
 protected:
  AlertingRuns() {
    std::string path = testing::TempDir() + "alerting.XXXXXX";
    directory_ = ::mkdtemp(path.data());
    std::filesystem::create_directories(directory_ + "/run");
    // No deploy has ended lately.
    clock_.now = std::chrono::system_clock::now() + std::chrono::hours{1};
  }
  ~AlertingRuns() override { std::filesystem::remove_all(directory_); }

  std::string state() const { return directory_ + "/state"; }
  std::string beside() const { return directory_ + "/run.alerts"; }

  void settle(const std::string& tool, const std::vector<Verdict>& verdicts,
              std::vector<std::string> known, std::vector<Problem> facts = {}) {
    const auto config = Config::parse(
        fmt::format("SITE_URL=https://lectio.test\nERRORS_BOT_TOKEN=1:token\nERRORS_CHAT_ID=-1\n"
                    "STATE_DIR={0}/state\nRUN_DIR={0}/run\n",
                    directory_),
        "config.env", [](const std::string&) { return std::nullopt; });
    ASSERT_TRUE(config) << config.error().message;
    notes_.clear();
    Alerting alerting{*config, chat_, clock_, notes_};
    alerting.settle(tool, std::chrono::minutes{1}, clock_.boot(), verdicts, std::move(known),
                    std::move(facts), Deadline{clock_, std::chrono::seconds{50}});
    clock_.sleep(std::chrono::minutes{1});
  }
  void check(Status status) {
    Verdict verdict;
    verdict.id = "backend_service";
    verdict.status = status;
    verdict.severity = Severity::critical;
    verdict.code = status == Status::ok ? "unit_active" : "unit_failed";
    settle("health_check", {verdict}, {"backend_service"});
  }

  std::string directory_;
  SteppingClock clock_;
  TelegramChat chat_;
  std::vector<std::string> notes_;
};

TEST_F(AlertingRuns, WhoDoesNotGetTheBookLeavesTheDecisionToTheNextRun) {
  ASSERT_TRUE(make_directory(state()));
  {
    const auto held = try_lock(state() + "/book.lock");
    ASSERT_TRUE(held && *held);
    check(Status::critical);
    EXPECT_THAT(notes_, Contains(HasSubstr("the next run decides")));
    EXPECT_FALSE(std::filesystem::exists(beside())) << "two books would tell everything twice";
    EXPECT_THAT(chat_.log, IsEmpty());
  }
  check(Status::critical);
  EXPECT_THAT(chat_.log, SizeIs(1));
  EXPECT_THAT(notes_, IsEmpty());
}

TEST_F(AlertingRuns, WhatHasHappenedWaitsForTheBookLonger) {
  ASSERT_TRUE(make_directory(state()));
  auto held = try_lock(state() + "/book.lock");
  ASSERT_TRUE(held && *held);
  const BootTime began = clock_.boot();
  clock_.on_sleep = [&] {
    if (clock_.boot() - began > std::chrono::seconds{20}) held->reset();
  };
  Problem fact;
  fact.id = "event";
  fact.texts.title = "Backup";
  fact.texts.summary = "done";
  settle("alerts", {}, {}, {fact});
  EXPECT_THAT(notes_, IsEmpty());
  EXPECT_THAT(chat_.log, SizeIs(1));
}

TEST_F(AlertingRuns, AnEventIsToldOnceAndOpensNoIncident) {
  Verdict oom;
  oom.id = "oom";
  oom.status = Status::warning;
  oom.code = "oom_killed";
  oom.is_event = true;
  settle("deep_check", {oom}, {"oom"});
  EXPECT_THAT(chat_.log, SizeIs(1));
  EXPECT_THAT(read_file(state() + "/book.json").value_or(""), Not(HasSubstr("\"oom\"")));
  oom.status = Status::ok;
  oom.code = "oom_none";
  settle("deep_check", {oom}, {"oom"});
  EXPECT_THAT(chat_.log, SizeIs(1)) << "nothing has ended";
}

TEST_F(AlertingRuns, AnEventCheckThatCannotTellIsAProblemLikeAnother) {
  Verdict oom;
  oom.id = "oom";
  oom.status = Status::unknown;
  oom.code = "oom_unreadable";
  oom.is_event = true;
  for (int run = 0; run < 5; ++run) settle("deep_check", {oom}, {"oom"});
  EXPECT_THAT(chat_.log, SizeIs(1));
  EXPECT_THAT(read_file(state() + "/book.json").value_or(""), HasSubstr("\"oom\""));
}

TEST_F(AlertingRuns, WhatWasSaidWhileTheStateCouldNotBeWrittenIsEditedAndAnsweredAfterwards) {
  ASSERT_TRUE(write_file_atomically(state(), "no directory", 0600));
  check(Status::critical);
  check(Status::critical);
  ASSERT_THAT(chat_.log, SizeIs(1));
  EXPECT_TRUE(std::filesystem::exists(beside() + "/book.json"));

  std::filesystem::remove(state());
  for (int i = 0; i < 4; ++i) check(Status::ok);
  EXPECT_FALSE(std::filesystem::exists(beside() + "/book.json")) << "the book came home";
  EXPECT_THAT(chat_.log, Contains(StartsWith("2 to 1: "))) << "the end answers the message";
  EXPECT_THAT(chat_.log, Contains(StartsWith("edit 1: ")));
  EXPECT_THAT(chat_.log, Not(Contains(StartsWith("3")))) << "and nothing else was sent";
}

TEST_F(AlertingRuns, AnEventFromElsewhereSaysNothingOfTheWayItTakes) {
  Finding finding{Outcome::bad, "alert_refused", {}};
  const Verdict trouble = judge(alert_path_check(), finding, Milliseconds{0});
  const auto known = [] { return std::vector<std::string>{"backend_service"}; };
  for (int i = 0; i < 2; ++i) settle("health_check", {trouble}, known());
  const std::size_t told = chat_.log.size();
  ASSERT_GT(told, 0U);

  Problem fact;
  fact.id = "event";
  fact.texts.title = "Backup";
  fact.texts.summary = "done";
  for (int i = 0; i < 5; ++i) settle("alerts", {}, {}, {fact});
  const auto ends = [](const std::string& line) { return line.contains("🟢"); };
  EXPECT_THAT(chat_.log, Not(Contains(testing::ResultOf(ends, true)))) << "nobody looked at it";
}

}  // namespace
}  // namespace lectio
