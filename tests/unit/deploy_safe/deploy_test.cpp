#include "deploy_safe/deploy.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <stdlib.h>

#include <deque>
#include <filesystem>
#include <functional>
#include <tuple>

#include "alert/telegram_chat.hpp"
#include "base/stepping_clock.hpp"

namespace lectio {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

class NoUnits final : public Systemd {
 public:
  Result<UnitState> unit(const std::string& /*name*/) override { return UnitState{}; }
};

// What a part was asked for, and what it says.
struct Told {
  std::deque<std::string> flaws;  // of each look, in turn; then none
  Result<void> applied;
  std::function<void()> on_apply = [] {};
  int looks = 0;
  int undone = 0;
  int settled = 0;
  std::vector<std::string> rejected;  // the reasons
};

class ToldPart final : public Part {
 public:
  explicit ToldPart(Told& told) : told_(told) {}

  Result<void> inspect() override { return {}; }
  std::vector<std::string> plan() const override { return {"a step"}; }
  std::vector<std::string> plan_undo(const DeployJournal& /*journal*/) override {
    return {"a step back"};
  }
  Result<void> prepare(DeployJournal& /*journal*/) override { return {}; }
  Result<void> apply(const DeployJournal& /*journal*/) override {
    told_.on_apply();
    return told_.applied;
  }
  std::string missing() override {
    ++told_.looks;
    if (told_.flaws.empty()) return {};
    std::string flaw = told_.flaws.front();
    told_.flaws.pop_front();
    return flaw;
  }
  Result<void> undo(const DeployJournal& /*journal*/, Undo /*when*/) override {
    ++told_.undone;
    return {};
  }
  void settle(const DeployJournal& /*journal*/) override { ++told_.settled; }
  void reject(const DeployJournal& /*journal*/, const std::string& reasons) override {
    told_.rejected.push_back(reasons);
  }
  std::string now() const override { return "new"; }
  std::string before() const override { return "old"; }

 private:
  Told& told_;
};

// Of a site that is no worse than before, but for what the part says.
class DeployTest : public testing::Test {
 protected:
  DeployTest() {
    clock_.now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  }
  ~DeployTest() override { std::filesystem::remove_all(root_); }

  static std::string make_temporary() {
    std::string path = testing::TempDir() + "deploy_test.XXXXXX";
    return ::mkdtemp(path.data());
  }

  template <class Way>
  Result<int> with_deploy(const Way& way, DryRun dry_run = DryRun::off) {
    Act act{config_,  Format::text, dry_run,
            Lang::en, clock_,       Deadline{clock_, std::chrono::hours{1}},
            chat_,    notes_};
    Progress progress{clock_, Lang::en};
    Parts parts;
    parts.push_back(std::make_unique<ToldPart>(told_));
    Deploy deploy{{act, systemd_, progress}, "frontend", "ivan", std::move(parts)};
    testing::internal::CaptureStdout();
    auto code = way(deploy);
    out_ = testing::internal::GetCapturedStdout();
    return code;
  }
  Result<int> run() {
    return with_deploy([](Deploy& deploy) { return deploy.run(); });
  }
  Result<int> recover(DryRun dry_run = DryRun::off) {
    const auto journal = *read_deploy_journal(root_);
    return with_deploy([&](Deploy& deploy) { return deploy.recover(*journal); }, dry_run);
  }
  void die_while_applying() {
    told_.on_apply = [] { throw Killed{}; };
    EXPECT_THROW(std::ignore = run(), Killed);
    testing::internal::GetCapturedStdout();
    told_.on_apply = [] {};
  }

  const std::string root_ = make_temporary();
  const Config config_ = *Config::parse(
      fmt::format("SITE_URL=https://lectio.test\nERRORS_BOT_TOKEN=1:token\nERRORS_CHAT_ID=-1\n"
                  "STATE_DIR={0}\nRUN_DIR={0}/run\nFRONTEND_BUILD={0}/build\nWEB_USER=root\n"
                  "DEPLOY_ROUNDS=3\n",
                  root_),
      "config.env", [](const std::string&) { return std::nullopt; });
  SteppingClock clock_;
  TelegramChat chat_;
  NoUnits systemd_;
  std::vector<std::string> notes_;
  Told told_;
  std::string out_;
};

TEST_F(DeployTest, ARoundThatIsBadAfterAGoodOneIsNotForgotten) {
  told_.flaws = {"", "", "bad", "bad", "bad"};
  EXPECT_EQ(run(), 2);
  EXPECT_EQ(told_.undone, 1);
  EXPECT_EQ(told_.settled, 0);
  EXPECT_THAT(told_.rejected, ElementsAre("bad"));
}

TEST_F(DeployTest, GoodRoundsCountOnlyInARow) {
  told_.flaws = {"", "", "a slow answer", "", "", ""};
  EXPECT_EQ(run(), 0);
  EXPECT_EQ(told_.looks, 6);
  EXPECT_EQ(told_.settled, 1);
  EXPECT_THAT(told_.rejected, IsEmpty());
}

TEST_F(DeployTest, WhatCouldNotBeAppliedWasNeverJudged) {
  told_.applied = fail(ErrorKind::io, "migrate failed");
  EXPECT_EQ(run(), 2);
  EXPECT_EQ(told_.undone, 1);
  EXPECT_THAT(told_.rejected, ElementsAre(""));
  ASSERT_THAT(chat_.calls, SizeIs(3));
  EXPECT_THAT(chat_.calls[2].text, HasSubstr("migrate failed"));
}

TEST_F(DeployTest, OneMessageIsEditedFromItsBeginningToItsEnd) {
  std::vector<std::string> meanwhile;
  told_.on_apply = [&] { meanwhile = chat_.log; };
  EXPECT_EQ(run(), 0);
  EXPECT_THAT(meanwhile, ElementsAre(AllOf(StartsWith("1: "), HasSubstr("начат"))));
  ASSERT_THAT(chat_.log, SizeIs(2));
  EXPECT_THAT(chat_.log[1], AllOf(StartsWith("edit 1: "), HasSubstr("обновлён")));
  EXPECT_TRUE(chat_.calls[0].silent);
  EXPECT_FALSE(*read_deploy_journal(root_));
}

TEST_F(DeployTest, TheMessageOfOneThatWasKilledIsBroughtToItsEnd) {
  die_while_applying();
  EXPECT_THAT(chat_.log, ElementsAre(HasSubstr("начат")));
  EXPECT_EQ(recover(), 0);
  EXPECT_EQ(told_.undone, 1);
  ASSERT_THAT(chat_.log, SizeIs(3));
  EXPECT_THAT(chat_.log[1], AllOf(StartsWith("edit 1: "), HasSubstr("прерванный деплой")));
  EXPECT_THAT(chat_.log[2], AllOf(StartsWith("2 to 1: "), HasSubstr("прерванный деплой")));
  EXPECT_FALSE(chat_.calls[2].silent) << "it has to be heard";
  EXPECT_FALSE(*read_deploy_journal(root_));
}

TEST_F(DeployTest, ADryRecoverySaysWhatItWouldDo) {
  die_while_applying();
  EXPECT_EQ(recover(DryRun::on), 0);
  EXPECT_THAT(out_, AllOf(HasSubstr("a step back"), HasSubstr("smoke_check")));
  EXPECT_EQ(told_.undone, 0);
  EXPECT_THAT(chat_.log, SizeIs(1));
  ASSERT_TRUE(*read_deploy_journal(root_));
  auto journal = **read_deploy_journal(root_);
  journal.step = DeployStep::proven;
  ASSERT_TRUE(write_deploy_journal(root_, journal));
  EXPECT_EQ(recover(DryRun::on), 0);
  EXPECT_THAT(out_, AllOf(HasSubstr("verified already"), testing::Not(HasSubstr("a step back"))));
}

TEST_F(DeployTest, WhereNothingIsToBeRecoveredASiteThatFailsIsNamed) {
  EXPECT_EQ(with_deploy([](Deploy& deploy) { return deploy.look(); }), 2);
  EXPECT_THAT(out_, HasSubstr("the site is not well: "));
  EXPECT_EQ(with_deploy([](Deploy& deploy) { return deploy.look(); }, DryRun::on), 0);
  EXPECT_THAT(chat_.calls, IsEmpty());
}

TEST(FailingTest, IsWhatFailsOrCannotBeTold) {
  EXPECT_THAT(failing({{"a", {Status::ok, "a"}},
                       {"b", {Status::warning, "b"}},
                       {"c", {Status::critical, "c"}},
                       {"d", {Status::skipped, "d"}},
                       {"e", {Status::unknown, "e"}}}),
              ElementsAre("c", "e"));
}

}  // namespace
}  // namespace lectio
