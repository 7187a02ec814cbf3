#include "deep_check/deep_checks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "io/system_clock.hpp"
#include "site/server_fakes.hpp"

namespace lectio {
namespace {

using namespace std::chrono_literals;

class DeepChecksTest : public testing::Test {
 protected:
  ~DeepChecksTest() override { std::filesystem::remove_all(root_); }

  // Of the whole run, by id.
  std::map<std::string, Verdict> look(const std::vector<std::string>& only, Http& http,
                                      Systemd& systemd, const std::string& more) {
    const auto config = Config::parse(
        "SITE_URL=https://lectio.test\nALERTS=off\nSTATE_DIR=" + root_ + "\nRUN_DIR=" + root_ +
            "\nZOOM_ACCOUNT_ID=a\nZOOM_CLIENT_ID=b\nZOOM_CLIENT_SECRET=c\n" + more,
        "config.env", [](const std::string&) { return std::nullopt; });
    EXPECT_TRUE(config) << config.error().message;
    const auto selected = select(deep_checks(*config), only, {});
    EXPECT_TRUE(selected) << selected.error().message;
    std::vector<std::string> notes;
    lectio::Run run{.config = *config,
                    .selected = *selected,
                    .dry_run = DryRun::on,
                    .lang = Lang::en,
                    .clock = clock_,
                    .deadline = Deadline{clock_, 8s},
                    .http = http,
                    .systemd = systemd,
                    .notes = notes};
    std::map<std::string, Verdict> verdicts;
    for (Verdict& verdict : run_deep_checks(run)) verdicts[verdict.id] = std::move(verdict);
    return verdicts;
  }

  const std::string root_ = testing::TempDir() + "deep_checks_test." + std::to_string(::getpid());
  SystemClock clock_;
};

// A service that starts and Zoom, each of which answers when the other was asked.
class WaitingHttp final : public Http {
 public:
  explicit WaitingHttp(std::atomic<bool>& asked) : asked_(asked) {}
  void start(HttpRequest /*request*/, Callback done) override {
    asked_ = true;
    waiting_.push_back(std::move(done));
  }
  void run(const Deadline& /*deadline*/) override {
    for (const Callback& done : std::exchange(waiting_, {})) {
      done(server_fakes::answer(200, "application/json", R"({"access_token":"t"})"));
    }
  }

 private:
  std::atomic<bool>& asked_;
  std::vector<Callback> waiting_;
};

class StartingSystemd final : public Systemd {
 public:
  explicit StartingSystemd(const std::atomic<bool>& ready) : ready_(ready) {}
  Result<UnitState> unit(const std::string& /*name*/) override {
    if (!ready_) return server_fakes::unit_state("activating", "start");
    UnitState state = server_fakes::running();
    state.main_pid = ::getppid();  // its child are we
    return state;
  }

 private:
  const std::atomic<bool>& ready_;
};

TEST_F(DeepChecksTest, WhatIsElsewhereDoesNotWaitForTheServersOwnServices) {
  std::atomic<bool> zoom_was_asked = false;
  WaitingHttp http{zoom_was_asked};
  StartingSystemd systemd{zoom_was_asked};
  const auto verdicts = look({"workers", "zoom"}, http, systemd, "BACKEND_WORKERS=1\n");
  EXPECT_EQ(verdicts.at("zoom").code, "zoom_ok");
  EXPECT_EQ(verdicts.at("workers").code, "workers_ok") << "it waited while Zoom was not asked yet";
  EXPECT_FALSE(verdicts.contains("backend_service"));
}

TEST_F(DeepChecksTest, TheMachineIsJudgedAsHealthCheckDoesAndConfirmedByASecondRun) {
  server_fakes::Http http;
  server_fakes::Systemd systemd;
  systemd.units["teaching_panel"] = {server_fakes::unit_state("failed", "failed")};
  const auto verdicts = look({"disk", "inodes", "memory", "workers"}, http, systemd,
                             "DISK_PATHS=/\nDISK_WARN_PERCENT=100\nDISK_CRITICAL_PERCENT=0\n"
                             "MEMORY_WARN_MB=99999999\nMEMORY_CRITICAL_MB=0\n");
  EXPECT_EQ(verdicts.at("disk").status, Status::warning);
  EXPECT_EQ(verdicts.at("memory").status, Status::warning);
  EXPECT_NE(verdicts.at("memory").facts.find("largest"), nullptr);
  EXPECT_EQ(verdicts.at("workers").status, Status::skipped);
  for (const auto& [id, verdict] : verdicts) EXPECT_EQ(verdict.confirm_runs, 2) << id;
  EXPECT_EQ(verdicts.size(), 4U);
}

}  // namespace
}  // namespace lectio
