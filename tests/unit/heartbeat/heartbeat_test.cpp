#include "heartbeat/heartbeat.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>

#include "base/stepping_clock.hpp"
#include "io/file.hpp"
#include "io/scripted_http.hpp"
#include "site/run_stamp.hpp"

namespace lectio {
namespace {

using testing::AllOf;
using testing::Each;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr auto health = "https://lectio.test/api/health/";
constexpr auto ping = "https://hc.test/5d1c-secret";
constexpr auto fail_ping = "https://hc.test/5d1c-secret/fail";
constexpr auto healthy = R"({"status": "ok", "checks": {"database": true}})";

class NoSystemd final : public Systemd {
 public:
  Result<UnitState> unit(const std::string& /*name*/) override {
    return fail(ErrorKind::io, "heartbeat asks systemd nothing");
  }
};

class HeartbeatTool : public testing::Test {
 protected:
  HeartbeatTool() {
    std::string path = testing::TempDir() + "heartbeat.XXXXXX";
    directory_ = ::mkdtemp(path.data());
    set("HEARTBEAT_URL", ping);
    set("ERRORS_BOT_TOKEN", "1:token");
    set("ERRORS_CHAT_ID", "-1");
    http_.answer(ping, 200, "OK", "text/plain");
    http_.answer(fail_ping, 200, "OK", "text/plain");
  }
  ~HeartbeatTool() override { std::filesystem::remove_all(directory_); }

  void set(const std::string& key, const std::string& value) {
    config_ += fmt::format("{}=\"{}\"\n", key, value);
  }
  void ran(const std::string& tool, Milliseconds ago) {
    ASSERT_TRUE(write_run_stamp(directory_, {.tool = tool,
                                             .started = clock_.now - ago,
                                             .ended = clock_.now - ago,
                                             .status = Status::ok,
                                             .last_ok = std::nullopt,
                                             .period = std::chrono::minutes{5}}));
  }
  // A marker of the kernel's time: the clock of the run goes there.
  void deploy() {
    clock_.now = std::chrono::system_clock::now();
    ASSERT_TRUE(write_file_atomically(directory_ + "/deploy_in_progress", "", 0600));
    clock_.now = std::chrono::system_clock::now();
  }

  void beat(const std::vector<std::string>& only = {}) {
    auto config =
        Config::parse(fmt::format("SITE_URL=https://lectio.test\nSTATE_DIR={0}\nRUN_DIR={0}\n{1}",
                                  directory_, config_),
                      "config.env", [](const std::string&) { return std::nullopt; });
    ASSERT_TRUE(config) << config.error().message;
    const Tool tool = heartbeat_tool();
    const auto selected = select(*tool.checks(*config), only, {});
    ASSERT_TRUE(selected);
    lectio::Run run{*config, *selected, dry_run_, Lang::en, clock_, Deadline{clock_, tool.deadline},
                    http_,   systemd_,  notes_};
    auto verdicts = tool.run(run);
    ASSERT_TRUE(verdicts) << verdicts.error().message;
    verdicts_ = std::move(*verdicts);
  }
  const Verdict& verdict(std::string_view id) const {
    for (const Verdict& verdict : verdicts_) {
      if (verdict.id == id) return verdict;
    }
    throw std::out_of_range{std::string{id}};
  }
  std::string code(std::string_view id) const { return verdict(id).code; }

  std::string directory_;
  std::string config_;
  SteppingClock clock_;
  ScriptedHttp http_;
  NoSystemd systemd_;
  DryRun dry_run_ = DryRun::off;
  std::vector<std::string> notes_;
  std::vector<Verdict> verdicts_;
};

TEST_F(HeartbeatTool, PingsWhenAllIsWell) {
  http_.answer(health, 200, healthy);
  ran("health_check", std::chrono::seconds{34});
  ran("smoke_check", std::chrono::minutes{4});
  beat();
  EXPECT_EQ(overall(verdicts_), Status::ok);
  ASSERT_THAT(http_.to(ping), SizeIs(1));
  EXPECT_THAT(http_.to(ping)[0].body,
              HasSubstr(": site ok 0ms; health_check ok 34s, smoke_check ok 4m"));
}

TEST_F(HeartbeatTool, PingsNothingWhenTheSiteIsNotHealthy) {
  http_.answer(health, 502, "");
  beat();
  EXPECT_EQ(code("site_health"), "http_status");
  EXPECT_EQ(code("ping"), "ping_withheld");
  EXPECT_EQ(overall(verdicts_), Status::critical);
  EXPECT_THAT(http_.asked, Each(Field(&HttpRequest::url, health)));
}

TEST_F(HeartbeatTool, SaysSoWhenNobodyCouldBeToldOfAFailure) {
  http_.answer(health, 200, healthy);
  set("ERRORS_BOT_TOKEN", "YOUR_ERRORS_BOT_TOKEN_HERE");
  set("HEARTBEAT_FAIL", "1");
  beat();
  EXPECT_EQ(code("alert_path"), "alert_not_configured");
  EXPECT_THAT(http_.to(ping), IsEmpty());
  ASSERT_THAT(http_.to(fail_ping), SizeIs(1));
  EXPECT_THAT(http_.to(fail_ping)[0].body, HasSubstr("alert_path: alert_not_configured"));

  set("ALERTS", "off");
  beat();
  EXPECT_EQ(code("ping"), "pinged") << "who wants no alerts misses none";
}

TEST_F(HeartbeatTool, PingsNothingWhenAToolNoLongerRuns) {
  http_.answer(health, 200, healthy);
  ran("smoke_check", std::chrono::minutes{20});
  ran("health_check", std::chrono::minutes{1});
  beat();
  EXPECT_EQ(code("tools_fresh"), "tools_late");
  EXPECT_EQ(to_text(*verdict("tools_fresh").facts.find("late")), "smoke_check 20m");
  EXPECT_EQ(code("ping"), "ping_withheld");
  EXPECT_EQ(overall(verdicts_), Status::warning);
  EXPECT_THAT(http_.to(ping), IsEmpty());
}

TEST_F(HeartbeatTool, ADeployExcusesLateTools) {
  http_.answer(health, 200, healthy);
  deploy();
  ran("smoke_check", std::chrono::minutes{20});
  beat();
  EXPECT_EQ(code("tools_fresh"), "tools_late_in_deploy");
  EXPECT_EQ(code("ping"), "pinged");
}

TEST_F(HeartbeatTool, AnUntrustedDeployMarkerExcusesNobody) {
  http_.answer(health, 200, healthy);
  ran("smoke_check", std::chrono::minutes{20});
  std::filesystem::create_symlink("/etc/hostname", directory_ + "/deploy_in_progress");
  beat();
  EXPECT_EQ(code("tools_fresh"), "tools_late");
  EXPECT_THAT(notes_, Each(HasSubstr("symbolic link")));
  EXPECT_THAT(notes_, SizeIs(1));
}

TEST_F(HeartbeatTool, TellsTheReasonOfAFailureWhenAskedTo) {
  set("HEARTBEAT_FAIL", "1");
  http_.answer(health, 502, "");
  ran("smoke_check", std::chrono::minutes{20});
  beat();
  EXPECT_EQ(code("ping"), "ping_fail_told");
  ASSERT_THAT(http_.to(fail_ping), SizeIs(1));
  EXPECT_THAT(http_.to(fail_ping)[0].body,
              HasSubstr(": site_health: http_status 502; tools_fresh: tools_late smoke_check 20m"));
  EXPECT_THAT(http_.to(ping), IsEmpty());
  EXPECT_EQ(overall(verdicts_), Status::critical);
}

TEST_F(HeartbeatTool, TellsNoFailureDuringADeploy) {
  set("HEARTBEAT_FAIL", "1");
  http_.answer(health, 502, "");
  deploy();
  beat();
  EXPECT_EQ(code("ping"), "ping_withheld");
  EXPECT_THAT(http_.to(fail_ping), IsEmpty());
}

TEST_F(HeartbeatTool, SaysWhenTheFailureCouldNotBeTold) {
  set("HEARTBEAT_FAIL", "1");
  set("HEARTBEAT_URL", "https://hc.test/gone");
  http_.answer(health, 502, "");
  http_.answer("https://hc.test/gone/fail", 404, "not found");
  beat();
  EXPECT_EQ(code("ping"), "ping_fail_untold");
  EXPECT_EQ(to_text(*verdict("ping").facts.find("cause")), "ping_unknown_check");
}

TEST_F(HeartbeatTool, WithoutAnAddressDoesNothingAndIsContent) {
  config_.clear();
  beat();
  EXPECT_THAT(verdicts_, AllOf(SizeIs(4), Each(Field(&Verdict::code, "heartbeat_off"))));
  EXPECT_EQ(overall(verdicts_), Status::ok);
  EXPECT_THAT(http_.asked, IsEmpty());
}

TEST_F(HeartbeatTool, WhoWantsNoneGetsNoneWhateverTheAddress) {
  set("HEARTBEAT", "off");
  http_.answer(health, 200, healthy);
  beat();
  EXPECT_THAT(verdicts_, AllOf(SizeIs(4), Each(Field(&Verdict::code, "heartbeat_off"))));
  EXPECT_THAT(http_.asked, IsEmpty());
}

TEST_F(HeartbeatTool, AsksOnlyTheSiteWhenToldTo) {
  config_.clear();
  http_.answer(health, 200, healthy);
  beat({"site_health"});
  EXPECT_THAT(verdicts_, SizeIs(1));
  EXPECT_EQ(code("site_health"), "site_healthy");
}

TEST_F(HeartbeatTool, ADryRunSaysWhatItWouldSendAndSendsNothing) {
  dry_run_ = DryRun::on;
  http_.answer(health, 200, healthy);
  beat();
  EXPECT_EQ(code("ping"), "ping_dry_run");
  EXPECT_THAT(to_text(*verdict("ping").facts.find("body")), HasSubstr("site ok"));
  EXPECT_THAT(http_.asked, Each(Field(&HttpRequest::url, health)));
}

TEST_F(HeartbeatTool, ADryRunTellsNoFailureEither) {
  dry_run_ = DryRun::on;
  set("HEARTBEAT_FAIL", "1");
  http_.answer(health, 502, "");
  beat();
  EXPECT_EQ(code("ping"), "ping_fail_dry_run");
  EXPECT_THAT(http_.asked, Each(Field(&HttpRequest::url, health)));
}

TEST_F(HeartbeatTool, NoVerdictHoldsTheAddress) {
  set("HEARTBEAT_FAIL", "1");
  http_.answer(health, 502, "");
  beat();
  for (const Verdict& verdict : verdicts_) {
    for (const auto& [name, value] : verdict.facts) {
      EXPECT_THAT(to_text(value), Not(HasSubstr("5d1c-secret"))) << verdict.id << ": " << name;
    }
  }
}

TEST_F(HeartbeatTool, DamagedStateIsNoExcuse) {
  http_.answer(health, 200, healthy);
  ASSERT_TRUE(write_file_atomically(directory_ + "/runs", "a file", 0600));
  beat();
  EXPECT_EQ(verdict("tools_fresh").status, Status::unknown);
  EXPECT_THAT(http_.to(ping), IsEmpty());
}

}  // namespace
}  // namespace lectio
