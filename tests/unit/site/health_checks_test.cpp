#include "site/health_checks.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "site/server_fakes.hpp"

namespace lectio {
namespace {

using namespace std::chrono_literals;
using server_fakes::failure;
using server_fakes::unit_state;
using testing::ElementsAre;
using testing::IsSupersetOf;
using testing::UnorderedElementsAre;

// A server where all is well, until a test breaks something.
class HealthChecksTest : public testing::Test {
 protected:
  HealthChecksTest() {
    write("build/index.html", "<script src=\"/app.js\"></script>");
    write("build/app.js", "run()");
    write("proc/meminfo", "MemTotal: 2097152 kB\nMemAvailable: 1048576 kB\n");
    write("proc/100/cmdline", std::string{"gunicorn\0-w1\0", 13});
    write("proc/100/task/100/children", "101 ");
    write("proc/101/stat", "101 (gunicorn) S 100 1 1");
    http.answers["https://lectio.test/"] = server_fakes::page();
    http.answers["http://127.0.0.1:8000/api/health/"] = server_fakes::healthy();
  }
  ~HealthChecksTest() override { std::filesystem::remove_all(root); }

  void write(const std::string& path, const std::string& content) {
    std::filesystem::create_directories(std::filesystem::path{root + "/" + path}.parent_path());
    std::ofstream{root + "/" + path} << content;
  }

  Config config() const {
    return *Config::parse("SITE_URL=https://lectio.test\nWEB_USER=root\nDISK_PATHS=" + root +
                              "\nDISK_WARN_PERCENT=0\nDISK_CRITICAL_PERCENT=0\nFRONTEND_BUILD=" +
                              root + "/build\nRUN_DIR=" + root + "\n" + more,
                          "config.env", [](const std::string&) { return std::nullopt; });
  }

  // "backend_service critical unit_failed" of each that is not well, its root after "<-".
  std::vector<std::string> trouble(const std::vector<std::string>& only = {}) {
    const Config with = config();
    const auto selected = select(health_checks(with), only, {});
    if (!selected) return {selected.error().message};
    verdicts = run_health_checks(with, *selected, {http, systemd, procfs, clock, deadline});
    find_roots(verdicts);
    std::vector<std::string> told;
    for (const Verdict& verdict : verdicts) {
      if (verdict.status == Status::ok) continue;
      std::string line =
          verdict.id + " " + std::string{to_string(verdict.status)} + " " + verdict.code;
      if (!verdict.root.empty() && verdict.root != verdict.id) line += " <- " + verdict.root;
      told.push_back(line);
    }
    return told;
  }

  std::string root = testing::TempDir() + "health_checks_test." + std::to_string(::getpid());
  std::string more;
  server_fakes::Http http;
  server_fakes::Systemd systemd;
  server_fakes::Clock clock;
  Deadline deadline{clock, 55s};
  Procfs procfs{root + "/proc"};
  std::vector<Verdict> verdicts;
};

TEST_F(HealthChecksTest, HaveTheIdsThatScriptsKnow) {
  more = "WATCH_UNITS=\"redis-server celery redis-server\"\n";
  std::vector<std::string> ids;
  for (const CheckInfo& check : health_checks(config())) {
    ids.push_back(check.id + " " + std::string{to_string(check.severity)});
  }
  EXPECT_THAT(
      ids, UnorderedElementsAre("public_page critical", "backend critical",
                                "backend_service critical", "nginx_service critical",
                                "workers critical", "build critical", "build_permissions critical",
                                "disk high", "inodes high", "memory medium", "response_time medium",
                                "deploy_stuck high", "unit:redis-server high", "unit:celery high"));
}

TEST_F(HealthChecksTest, FindNothingOnAHealthyServer) {
  more = "WATCH_UNITS=redis-server\n";
  EXPECT_THAT(trouble(), ElementsAre());
  EXPECT_EQ(verdicts.size(), 13U);
  EXPECT_EQ(clock.slept, 0s);
}

TEST_F(HealthChecksTest, AStoppedBackendExplainsWhatFollows) {
  systemd.units["teaching_panel"] = {unit_state("inactive", "dead")};
  http.answers["http://127.0.0.1:8000/api/health/"] = failure(HttpError::refused);
  EXPECT_THAT(trouble(), ElementsAre("backend_service critical unit_stopped",
                                     "workers skipped needs <- backend_service",
                                     "backend critical refused <- backend_service"));
}

TEST_F(HealthChecksTest, ABackendThatRunsThoughItsUnitIsMaskedHidesNoMissingWorkers) {
  UnitState masked = server_fakes::running();
  masked.load_state = "masked";
  systemd.units["teaching_panel"] = {masked};
  EXPECT_THAT(trouble(), ElementsAre("backend_service warning unit_masked"));
  EXPECT_EQ(verdicts.size(), 12U);
  write("proc/100/task/100/children", "");
  EXPECT_THAT(trouble(), IsSupersetOf({"backend_service warning unit_masked",
                                       "workers critical workers_none"}));
}

TEST_F(HealthChecksTest, AStoppedNginxExplainsThePage) {
  systemd.units["nginx"] = {unit_state("failed", "failed", "exit-code")};
  http.answers["https://lectio.test/"] = failure(HttpError::refused);
  EXPECT_THAT(trouble(), ElementsAre("nginx_service critical unit_failed",
                                     "public_page critical refused <- nginx_service",
                                     "response_time skipped needs <- nginx_service"));
}

TEST_F(HealthChecksTest, ADatabaseUnitExplainsTheBackend) {
  more = "WATCH_UNITS=postgresql@15-main\n";
  systemd.units["postgresql@15-main"] = {unit_state("inactive", "dead")};
  http.answers["http://127.0.0.1:8000/api/health/"] =
      server_fakes::answer(503, "application/json", R"({"checks": {"database": false}})");
  EXPECT_THAT(trouble(), ElementsAre("backend critical database_down <- unit:postgresql@15-main",
                                     "unit:postgresql@15-main warning unit_stopped"));
}

TEST_F(HealthChecksTest, NoWorkersExplainABackendThatDoesNotAnswer) {
  write("proc/100/task/100/children", "");
  http.answers["http://127.0.0.1:8000/api/health/"] = failure(HttpError::timeout);
  EXPECT_THAT(trouble(),
              ElementsAre("workers critical workers_none", "backend critical timeout <- workers"));
}

TEST_F(HealthChecksTest, ABrokenBuildExplainsThePage) {
  std::filesystem::remove(root + "/build/index.html");
  http.answers["https://lectio.test/"] = server_fakes::answer(404, "text/html", "");
  EXPECT_THAT(trouble(), ElementsAre("build critical build_no_index",
                                     "build_permissions skipped build_missing <- build",
                                     "public_page critical not_found <- build",
                                     "response_time skipped needs <- build"));
}

TEST_F(HealthChecksTest, ALostNetworkIsAWarning) {
  http.answers["https://lectio.test/"] = failure(HttpError::timeout);
  http.answers["https://api.telegram.org:443/"] = server_fakes::answer(200, "text/html", "");
  EXPECT_THAT(trouble(), IsSupersetOf({"public_page warning network",
                                       "response_time skipped needs <- public_page"}));
}

TEST_F(HealthChecksTest, ThePageAloneIsStillComparedWithNginxAndTheBackend) {
  http.answers["https://lectio.test/"] = failure(HttpError::timeout);
  http.answers["https://api.telegram.org:443/"] = server_fakes::answer(200, "text/html", "");
  EXPECT_THAT(trouble({"public_page"}), ElementsAre("public_page warning network"));
  systemd.units["nginx"] = {unit_state("inactive", "dead")};
  EXPECT_THAT(trouble({"public_page"}), ElementsAre("public_page critical timeout"));
}

TEST_F(HealthChecksTest, AMachineWithoutSystemdIsUnknownNotDown) {
  systemd.units["teaching_panel"] = {fail(ErrorKind::io, "no systemd")};
  systemd.units["nginx"] = {fail(ErrorKind::io, "no systemd")};
  EXPECT_THAT(trouble(),
              ElementsAre("backend_service unknown no_systemd", "nginx_service unknown no_systemd",
                          "workers skipped needs <- backend_service"));
}

TEST_F(HealthChecksTest, ThresholdsComeFromTheConfiguration) {
  more = "MEMORY_WARN_MB=2000\nMEMORY_CRITICAL_MB=100\nMAX_RESPONSE_TIME=0.01\nBACKEND_WORKERS=2\n";
  EXPECT_THAT(trouble(),
              UnorderedElementsAre("memory warning memory_low", "workers warning workers_few",
                                   "response_time warning response_slow <- memory"));
}

TEST_F(HealthChecksTest, ShortMemoryNamesWhoHoldsMostOfIt) {
  more = "MEMORY_WARN_MB=2000\nMEMORY_CRITICAL_MB=100\n";
  write("proc/101/statm", fmt::format("99999 {} 0 1 0 1 0", (300 << 20) / ::sysconf(_SC_PAGESIZE)));
  EXPECT_THAT(trouble({"memory"}), ElementsAre("memory warning memory_low"));
  EXPECT_EQ(server_fakes::fact(verdicts.front().facts, "largest"), "gunicorn 300");
}

TEST_F(HealthChecksTest, OnlyWhatIsAskedForIsLookedAt) {
  trouble({"memory"});
  EXPECT_TRUE(http.asked.empty());
  EXPECT_TRUE(systemd.asked.empty());
}

}  // namespace
}  // namespace lectio
