#include "site/smoke.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "alert/catalogue.hpp"
#include "check/fake_site.hpp"

namespace lectio {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSupersetOf;

const std::string token_path = "POST /api/jwt/token/";
const std::string page_of_two =
    R"({"count":2,"next":null,"previous":null,"results":[{"id":5},{}]})";

Config configured(const std::string& more = "") {
  const auto config = Config::parse(
      "SITE_URL=https://lectio.test\nSMOKE_TEACHER_EMAIL=t@lectio.test\n"
      "SMOKE_TEACHER_PASSWORD='te\"acher'\nSMOKE_STUDENT_EMAIL=s@lectio.test\n"
      "SMOKE_STUDENT_PASSWORD=student\n" +
          more,
      "config.env", [](const std::string&) { return std::nullopt; });
  return config.value();
}

// One who answers teacher and student alike cannot tell their logins apart.
class TwoAccounts final : public Http {
 public:
  explicit TwoAccounts(FakeSite& site) : site_(site) {}
  void start(HttpRequest request, Callback done) override {
    if (request.body.find("s@lectio.test") != std::string::npos) request.method = "STUDENT";
    site_.start(std::move(request), std::move(done));
  }
  void run(const Deadline& deadline) override { site_.run(deadline); }

 private:
  FakeSite& site_;
};

// The site as it should be; each test breaks a part of it.
class Smoke : public testing::Test {
 protected:
  Smoke() {
    site.answer("GET /", page_answer(200, R"(<script src="/static/js/main.1a2b.js"></script>
        <link rel="stylesheet" href="/static/css/main.3c4d.css">)"));
    site.answer("GET /static/js/main.1a2b.js", file_answer("application/javascript", "(()=>{})()"));
    site.answer("GET /static/css/main.3c4d.css", file_answer("text/css", "body{}"));
    site.answer("GET /api/health/",
                json_answer(200, R"({"status": "ok", "service": "teaching_panel",
                                     "checks": {"database": true, "response_time_ms": 1.5}})"));
    site.answer(token_path, token_answer("teacher"));
    site.answer("STUDENT /api/jwt/token/", token_answer("student"));
    site.answer("GET /api/me/", json_answer(200, R"({"email":"t@lectio.test","role":"teacher"})"));
    for (const auto* path : {"/api/schedule/lessons/", "/schedule/api/recordings/teacher/",
                             "/api/homework/", "/api/groups/", "/api/attendance-records/"}) {
      site.answer("GET " + std::string{path}, json_answer(200, page_of_two));
    }
    site.answer("GET /api/subscription/",
                json_answer(200, R"({"status":"active","expires_at":null})"));
    site.answer("POST /api/subscription/create-payment/",
                json_answer(400, R"({"detail":"Неверный план подписки"})"));
    site.answer("GET /api/gradebook/?group=5",
                json_answer(200, R"({"group":{"id":5},"students":[{},{},{}]})"));
  }

  static HttpResponse token_answer(const std::string& role) {
    return json_answer(200, R"({"refresh":")" + jwt(R"({"exp":1800043200})") + R"(","access":")" +
                                jwt(R"({"exp":1800043200,"role":")" + role + "\"}") + "\"}");
  }

  std::vector<Verdict> run() {
    const auto scenario = smoke_scenario(config);
    if (!scenario) throw std::runtime_error{scenario.error().message};
    Selection all;
    for (const CheckInfo& check : scenario->checks()) all.insert(check.id);
    TwoAccounts http{site};
    verdicts = run_scenario(*scenario, scenario_settings(config), all, http, time,
                            Deadline{time, Milliseconds{240'000}});
    find_roots(verdicts);
    return verdicts;
  }

  const Verdict& verdict(const std::string& id) const {
    return *std::ranges::find(verdicts, id, &Verdict::id);
  }

  // Of all that is not well: "teacher_login:warning:login_refused".
  std::vector<std::string> troubles() {
    std::vector<std::string> result;
    for (const Verdict& each : run()) {
      if (each.status == Status::ok || each.status == Status::skipped) continue;
      result.push_back(each.id + ":" + std::string{to_string(each.status)} + ":" + each.code);
    }
    return result;
  }

  FakeTime time;
  FakeSite site{time};
  Config config = configured();
  std::vector<Verdict> verdicts;
};

TEST_F(Smoke, FourteenChecksInTheirOrderAndOfTheirSeverities) {
  std::vector<std::string> listed;
  const Scenario scenario = smoke_scenario(config).value();
  for (const CheckInfo& check : scenario.checks()) {
    listed.push_back(check.id + " " + std::string{to_string(check.severity)});
  }
  EXPECT_THAT(listed,
              ElementsAre("frontend critical", "api_health critical", "teacher_login critical",
                          "teacher_profile critical", "lessons critical", "recordings critical",
                          "homework_teacher high", "subscription high", "payment high",
                          "groups high", "attendance medium", "gradebook medium",
                          "student_login critical", "homework_student high"));
}

TEST_F(Smoke, AHealthySiteIsFourteenOfFourteen) {
  run();
  EXPECT_EQ(verdicts.size(), 14U);
  for (const Verdict& each : verdicts) EXPECT_EQ(each.status, Status::ok) << each.id << each.code;
  EXPECT_EQ(verdict("gradebook").code, "gradebook_ok");
  EXPECT_EQ(to_text(*verdict("gradebook").facts.find("count")), "3");
  EXPECT_EQ(to_text(*verdict("frontend").facts.find("assets")), "2");
}

TEST_F(Smoke, TheWallTimeIsTheSlowestLoginAndTheSlowestThatNeedsIt) {
  site.answer(token_path, token_answer("teacher"), Milliseconds{300});
  site.answer("GET /api/schedule/lessons/", json_answer(200, page_of_two), Milliseconds{700});
  run();
  EXPECT_EQ(std::chrono::duration_cast<Milliseconds>(time.boot()), Milliseconds{1000});
}

TEST_F(Smoke, LoopbackIsToldWhatNginxWouldTell) {
  run();
  EXPECT_THAT(site.request("GET /api/me/").headers,
              IsSupersetOf({std::pair<std::string, std::string>{"Host", "lectio.test"},
                            {"X-Forwarded-Proto", "https"}}));
  EXPECT_TRUE(site.request("GET /api/me/").url.starts_with("http://127.0.0.1:8000/"));
  EXPECT_TRUE(site.request("GET /api/health/").headers.empty());
}

TEST_F(Smoke, TheConfigurationSaysHowToGetThere) {
  config = configured(
      "CONNECT_TO=lectio.test:443:127.0.0.1:443\nBACKEND_SOCKET=/run/g.sock\n"
      "IP_VERSION=4\nHTTP_TIMEOUT=7\nCONNECT_TIMEOUT=2\n");
  run();
  EXPECT_THAT(site.request("GET /").connect_to, ElementsAre("lectio.test:443:127.0.0.1:443"));
  EXPECT_EQ(site.request("GET /").total_timeout, Milliseconds{7000});
  EXPECT_EQ(site.request("GET /").connect_timeout, Milliseconds{2000});
  EXPECT_EQ(site.request("GET /").ip, IpVersion::v4);
  EXPECT_EQ(site.request("GET /").unix_socket, "");
  EXPECT_EQ(site.request("GET /api/me/").unix_socket, "/run/g.sock");
}

TEST_F(Smoke, APasswordIsDataNotJson) {
  run();
  EXPECT_EQ(site.request(token_path).body, R"({"email":"t@lectio.test","password":"te\"acher"})");
}

TEST_F(Smoke, MissingPasswordsAreAWarningOfEveryRunThatNamesTheKeys) {
  config = Config::parse("SITE_URL=https://lectio.test\n", "config.env", [](const std::string&) {
             return std::nullopt;
           }).value();
  EXPECT_THAT(troubles(), ElementsAre("teacher_login:unknown:not_configured",
                                      "student_login:unknown:not_configured"));
  EXPECT_EQ(to_text(*verdict("teacher_login").facts.find("keys")),
            "SMOKE_TEACHER_EMAIL, SMOKE_TEACHER_PASSWORD");
  EXPECT_EQ(verdict("lessons").status, Status::skipped);
  EXPECT_EQ(verdict("lessons").root, "teacher_login");
  EXPECT_EQ(overall(verdicts), Status::warning);
}

TEST_F(Smoke, ARefusedLoginIsTheMonitorsTroubleAndOnlyAWarning) {
  site.answer(token_path, json_answer(401, R"({"detail":"No active account found"})"));
  EXPECT_THAT(troubles(), ElementsAre("teacher_login:warning:login_refused"));
  EXPECT_EQ(verdict("teacher_login").severity, Severity::high);
  EXPECT_EQ(verdict("lessons").root, "teacher_login");

  site.answer(token_path,
              json_answer(401, R"({"detail":"Слишком много попыток входа. Попробуйте позже."})"));
  EXPECT_THAT(troubles(), ElementsAre("teacher_login:warning:login_locked"));
  site.answer(token_path, json_answer(403, R"({"error":"access_denied"})"));
  EXPECT_THAT(troubles(), ElementsAre("teacher_login:warning:login_forbidden"));
  site.answer(token_path, json_answer(429, R"({"detail":"Request was throttled."})"));
  EXPECT_THAT(troubles(), ElementsAre("teacher_login:warning:login_throttled"));
  site.answer(
      token_path,
      page_answer(503, "<h1>503 Service Temporarily Unavailable</h1><hr><center>nginx</center>"));
  EXPECT_THAT(troubles(), ElementsAre("teacher_login:warning:nginx_rate_limited"));
}

TEST_F(Smoke, ALoginThatFailsOtherwiseIsCritical) {
  site.answer(token_path, page_answer(500, "<h1>Server Error (500)</h1>"));
  EXPECT_THAT(troubles(), ElementsAre("teacher_login:critical:server_error"));
  site.answer(token_path, json_answer(503, "{}"));
  EXPECT_THAT(troubles(), ElementsAre("teacher_login:critical:unavailable"));
  site.answer(token_path, no_answer(HttpError::refused));
  EXPECT_THAT(troubles(), ElementsAre("teacher_login:critical:refused"));
  site.answer(token_path, token_answer("student"));
  EXPECT_THAT(troubles(), ElementsAre("teacher_login:critical:bad_token"));
}

TEST_F(Smoke, ADeadDatabaseIsTheRootOfAllThatNeedsIt) {
  const HttpResponse unhealthy =
      json_answer(503, R"({"status": "unhealthy", "checks": {"database": false}})");
  site.answer("GET /api/health/", unhealthy);
  site.answer(token_path, page_answer(500, "<h1>Server Error</h1>"));
  site.answer("STUDENT /api/jwt/token/", page_answer(500, "<h1>Server Error</h1>"));
  EXPECT_THAT(troubles(), ElementsAre("api_health:critical:database_down",
                                      "teacher_login:critical:server_error",
                                      "student_login:critical:server_error"));
  for (const auto* id : {"teacher_login", "lessons", "gradebook", "homework_student"}) {
    EXPECT_EQ(verdict(id).root, "api_health") << id;
  }
}

TEST_F(Smoke, AHealthAnswerWithoutADatabaseIsNotHealthy) {
  site.answer("GET /api/health/",
              json_answer(200, R"({"status":"ok","checks":{"database":false}})"));
  EXPECT_THAT(troubles(), ElementsAre("api_health:critical:database_down"));
  site.answer("GET /api/health/", page_answer(200, "<!doctype html><div id=root>"));
  EXPECT_THAT(troubles(), ElementsAre("api_health:critical:spa_page"));
}

TEST_F(Smoke, TheDatabaseIsBlamedOnlyWhereTheAnswerSaysSo) {
  const auto trouble = [this](int status, const std::string& body) {
    site.answer("GET /api/health/", json_answer(status, body));
    return troubles();
  };
  const std::string down = R"({"status":"unhealthy","checks":{"database": false}})";
  EXPECT_THAT(trouble(503, down), ElementsAre("api_health:critical:database_down"));
  EXPECT_THAT(trouble(500, down), ElementsAre("api_health:critical:database_down"));
  EXPECT_THAT(trouble(200, R"({"status":"ok"})"), ElementsAre("api_health:critical:bad_answer"));
  EXPECT_THAT(trouble(200, R"({"status":"ok","checks":{"database":"ok"}})"),
              ElementsAre("api_health:critical:bad_answer"));
  EXPECT_THAT(trouble(503, R"({"detail":"maintenance"})"),
              ElementsAre("api_health:critical:unavailable"));
  EXPECT_THAT(trouble(500, R"({"checks":{"database":true}})"),
              ElementsAre("api_health:critical:server_error"));
}

TEST_F(Smoke, AnotherPersonsProfileIsFound) {
  site.answer("GET /api/me/", json_answer(200, R"({"email":"x@lectio.test","role":"teacher"})"));
  EXPECT_THAT(troubles(), ElementsAre("teacher_profile:critical:wrong_shape"));
  site.answer("GET /api/me/", json_answer(200, R"({"email":"t@lectio.test","role":"admin"})"));
  EXPECT_THAT(troubles(), ElementsAre("teacher_profile:critical:wrong_shape"));
}

TEST_F(Smoke, EachCheckFindsWhatItIsFor) {
  const std::map<std::string, std::string> checks{
      {"lessons:critical:server_error", "GET /api/schedule/lessons/"},
      {"recordings:critical:server_error", "GET /schedule/api/recordings/teacher/"},
      {"subscription:warning:server_error", "GET /api/subscription/"},
      {"payment:warning:server_error", "POST /api/subscription/create-payment/"},
      {"groups:warning:server_error", "GET /api/groups/"},
      {"attendance:warning:server_error", "GET /api/attendance-records/"},
      {"gradebook:warning:server_error", "GET /api/gradebook/?group=5"},
      {"frontend:critical:server_error", "GET /"},
      {"api_health:critical:server_error", "GET /api/health/"},
      {"student_login:critical:server_error", "STUDENT /api/jwt/token/"},
  };
  for (const auto& [trouble, request] : checks) {
    const HttpResponse good = site.answer(request, page_answer(500, "<h1>Server Error</h1>"));
    EXPECT_THAT(troubles(), ElementsAre(trouble));
    site.answer(request, good);
  }
  site.answer("GET /api/homework/", page_answer(500, ""));
  EXPECT_THAT(troubles(), ElementsAre("homework_teacher:warning:server_error",
                                      "homework_student:warning:server_error"));
}

TEST_F(Smoke, NoPaymentIsMadeUnlessAskedFor) {
  run();
  EXPECT_EQ(site.request("POST /api/subscription/create-payment/").body,
            R"({"plan":"monitor_probe","provider":"tbank"})");
  EXPECT_EQ(verdict("payment").code, "payment_refused");

  site.answer("POST /api/subscription/create-payment/", json_answer(201, R"({"payment_url":"x"})"));
  EXPECT_THAT(troubles(), ElementsAre("payment:warning:probe_accepted"));
  site.answer("POST /api/subscription/create-payment/", json_answer(400, R"({"plan":["bad"]})"));
  EXPECT_THAT(troubles(), ElementsAre("payment:warning:wrong_shape"))
      << "a malformed contract is not the site's own refusal";
}

TEST_F(Smoke, ARealPaymentIsMadeWhenAskedFor) {
  config = configured("SMOKE_PAYMENT=create\n");
  site.answer("POST /api/subscription/create-payment/",
              json_answer(201, R"({"payment_url":"https://pay.test/1"})"));
  EXPECT_THAT(troubles(), ElementsAre());
  EXPECT_EQ(site.request("POST /api/subscription/create-payment/").body,
            R"({"plan":"monthly","provider":"tbank"})");
  site.answer("POST /api/subscription/create-payment/",
              json_answer(200, R"({"status":"already_active"})"));
  EXPECT_THAT(troubles(), ElementsAre());
  site.answer("POST /api/subscription/create-payment/", json_answer(201, "{}"));
  EXPECT_THAT(troubles(), ElementsAre("payment:warning:wrong_shape"));
}

TEST_F(Smoke, TheGradebookIsThatOfTheConfiguredGroupOrTheFirst) {
  config = configured("SMOKE_GROUP_ID=77\n");
  site.answer("GET /api/gradebook/?group=77", json_answer(200, R"({"group":{},"students":[]})"));
  EXPECT_THAT(troubles(), ElementsAre());
  site.answer("GET /api/gradebook/?group=77", json_answer(404, "{}"));
  EXPECT_THAT(troubles(), ElementsAre("gradebook:warning:wrong_group"));
}

TEST_F(Smoke, WithoutAnyGroupTheSitesOwnRefusalIsEnoughAndSaysSo) {
  site.answer("GET /api/groups/", json_answer(200, R"({"count":0,"results":[]})"));
  site.answer("GET /api/gradebook/", json_answer(400, R"({"detail":"group параметр обязателен"})"));
  EXPECT_THAT(troubles(), ElementsAre());
  EXPECT_EQ(verdict("gradebook").code, "no_group");
  site.answer("GET /api/gradebook/", json_answer(400, R"({"detail":"что-то другое"})"));
  EXPECT_THAT(troubles(), ElementsAre("gradebook:warning:wrong_shape"));
}

TEST_F(Smoke, TheRecordingsPathIsConfigurable) {
  config = configured("RECORDINGS_PATH=/api/v2/recordings/\n");
  site.answer("GET /api/v2/recordings/", json_answer(404, R"({"detail":"Not found."})"));
  EXPECT_THAT(troubles(), ElementsAre("recordings:critical:not_found"));
}

TEST_F(Smoke, ALostSlashIsReportedAsExactlyThat) {
  site.answer("GET /api/schedule/lessons/",
              redirect_answer(301, "http://127.0.0.1:8000/api/schedule/lessons//"));
  EXPECT_THAT(troubles(), ElementsAre("lessons:critical:redirect_slash"));
}

TEST_F(Smoke, EveryCodeAndCheckHasItsTexts) {
  std::set<std::string> codes{
      "dns",           "refused",        "timeout",     "redirect",  "redirect_slash",
      "redirect_loop", "redirect_https", "http_status", "asset_html"};
  const Scenario scenario = smoke_scenario(config).value();
  for (const Cause& cause : scenario.causes()) codes.insert(cause.code);
  for (const Step& step : scenario.steps()) {
    codes.insert(step.good_code);
    for (const Cause& cause : step.causes) codes.insert(cause.code);
    for (const JsonExpectation& wanted : step.expect.json) codes.insert(wanted.code);
  }
  EXPECT_THAT(Catalogue::builtin().observation_codes(), IsSupersetOf(codes));
}

class OwnSteps : public Smoke {
 protected:
  void write(const std::string& json) { std::ofstream{path} << json; }
  void SetUp() override {
    path = testing::TempDir() + fmt::format("lectio-own-steps.{}.json", ::getpid());
    config = configured("SMOKE_SCENARIO=" + path + "\n");
  }
  void TearDown() override { std::filesystem::remove(path); }

  static std::string step(const std::string& id, const std::string& members) {
    return R"({"steps":[{"id":")" + id +
           R"(","title":"T","meaning":"M","action":"A","severity":"low",)" + members + "}]}";
  }
  std::string path;
};

TEST_F(OwnSteps, AreRunAfterTheBuiltInOnes) {
  write(step("news", R"("as":"teacher","request":{"base":"backend","path":"/api/news/"})"));
  site.answer("GET /api/news/", page_answer(502, ""));
  EXPECT_THAT(troubles(), ElementsAre("news:warning:bad_gateway")) << "the common causes hold too";
  EXPECT_EQ(verdicts.back().id, "news");
  EXPECT_EQ(verdicts.size(), 15U);
}

TEST_F(OwnSteps, TakeThePlaceOfTheBuiltInOneOfTheirId) {
  write(step("payment", R"("request":{"base":"site","path":"/pay/"})"));
  site.answer("GET /pay/", page_answer(200, "x"));
  run();
  EXPECT_EQ(verdicts.size(), 14U);
  EXPECT_EQ(verdicts[8].id, "payment");
  EXPECT_EQ(verdicts[8].code, "http_ok");
}

TEST_F(OwnSteps, MistakesNameTheFile) {
  write(step("news", R"("request":{"base":"backed","path":"/"})"));
  EXPECT_EQ(smoke_scenario(config).error().message,
            path + ": step news: request.base: \"backed\" is not one of site, public, backend");
  write("{");
  EXPECT_THAT(smoke_scenario(config).error().message, HasSubstr(path));
  std::filesystem::remove(path);
  EXPECT_THAT(smoke_scenario(config).error().message, HasSubstr("SMOKE_SCENARIO: "));
}

}  // namespace
}  // namespace lectio
