#include "check/assess.hpp"

#include <gtest/gtest.h>

#include "check/fake_site.hpp"

namespace lectio {
namespace {

class Assess : public testing::Test {
 protected:
  Assess() {
    request.url = "https://lectio.test/api/lessons";
    step.id = "lessons";
  }

  void wants(JsonExpectation wanted) {
    if (wanted.code.empty()) wanted.code = wanted.jwt_role ? "bad_token" : "wrong_shape";
    step.expect.json.push_back(std::move(wanted));
  }
  void wants_page_of_results() {
    wants({.pointer = "/count", .type = "number"});
    wants({.pointer = "/results", .type = "array"});
  }

  std::string code(const HttpResponse& response) {
    seen = assess({step, further, request, variable, redactor, FakeTime{}.wall()}, response);
    return seen.finding.code;
  }
  std::string fact(std::string_view name) const {
    const FactValue* value = seen.finding.facts.find(name);
    return value == nullptr ? "none" : to_text(*value);
  }

  Step step;
  std::vector<Cause> further;
  HttpRequest request;
  VariableLookup variable = [](std::string_view) { return std::optional<std::string>{"X@y.z"}; };
  Redactor redactor;
  Assessment seen;
};

TEST_F(Assess, AGoodAnswerIsGoodAndTellsItsNumbers) {
  wants_page_of_results();
  step.good_code = "list_ok";
  step.good_facts = {{"count", "/count"}, {"shown", "/results"}};
  EXPECT_EQ(code(json_answer(200, R"({"count":57,"results":[1,2,3]})")), "list_ok");
  EXPECT_EQ(seen.finding.outcome, Outcome::good);
  EXPECT_EQ(fact("status"), "200");
  EXPECT_EQ(fact("size"), "30");
  EXPECT_EQ(fact("count"), "57");
  EXPECT_EQ(fact("shown"), "3") << "a list is told by its length";
}

TEST_F(Assess, ThePhasesOfANewConnectionAreFacts) {
  HttpResponse response = page_answer(200, "x");
  using std::chrono::microseconds;
  response.phases = {microseconds{1100}, microseconds{2200}, microseconds{3300}, microseconds{4400},
                     microseconds{5900}};
  EXPECT_EQ(code(response), "http_ok");
  EXPECT_EQ(fact("ms"), "5");
  EXPECT_EQ(fact("dns_ms"), "1.1");
  EXPECT_EQ(fact("tls_ms"), "3.3");
  EXPECT_EQ(fact("first_byte_ms"), "4.4");
}

TEST_F(Assess, NoAnswerIsCalledByItsCause) {
  HttpResponse response = no_answer(HttpError::tls_wrong_host);
  response.remote_address = "192.0.2.1";
  EXPECT_EQ(code(response), "tls_wrong_host");
  EXPECT_EQ(seen.finding.outcome, Outcome::bad);
  EXPECT_EQ(fact("error"), "the network's words");
  EXPECT_EQ(fact("address"), "192.0.2.1");
  EXPECT_EQ(fact("status"), "none");
}

TEST_F(Assess, AnUnwantedStatusIsCalledByTheFirstCauseThatFits) {
  step.causes = {{{401}, "", "", "Слишком много", "login_locked"},
                 {{401}, "", "", "", "login_refused"}};
  further = {{{502, 504}, "", "", "", "bad_gateway"},
             {{503}, "nginx", "text/html", "<center>nginx", "rate_limited"}};
  EXPECT_EQ(code(json_answer(401, R"({"detail":"Слишком много попыток"})")), "login_locked");
  EXPECT_EQ(
      code(json_answer(401, R"({"detail":"\u0421\u043b\u0438\u0448\u043a\u043e\u043c много"})")),
      "login_locked")
      << "however the server writes it";
  EXPECT_EQ(code(json_answer(401, R"({"detail":"No active account"})")), "login_refused");
  EXPECT_EQ(fact("detail"), "No active account");
  EXPECT_EQ(code(page_answer(504, "")), "bad_gateway");
  HttpResponse limited = page_answer(503, "<hr><center>nginx</center>");
  EXPECT_EQ(code(limited), "http_status") << "another server's page";
  limited.headers.emplace_back("server", "nginx/1.22.1");
  EXPECT_EQ(code(limited), "rate_limited");
  EXPECT_EQ(code(json_answer(503, "{}")), "http_status");
}

TEST_F(Assess, ACauseMayBeCriticalWhateverTheStepIs) {
  step.causes = {{{403}, "", "", "quota", "full", true}, {{403}, "", "", "", "forbidden"}};
  code(json_answer(403, R"({"error":"quota"})"));
  EXPECT_EQ(seen.finding.outcome, Outcome::critical);
  code(json_answer(403, "{}"));
  EXPECT_EQ(seen.finding.outcome, Outcome::bad);
}

TEST_F(Assess, ThrottlingTellsWhenToComeBack) {
  HttpResponse response = json_answer(429, R"({"detail":"Request was throttled."})");
  response.headers.emplace_back("retry-after", "3600");
  code(response);
  EXPECT_EQ(fact("retry_after"), "3600");
  response.headers.back().second = "soon";
  code(response);
  EXPECT_EQ(fact("retry_after"), "none");
}

TEST_F(Assess, RedirectsAreNamedForWhatTheyAre) {
  EXPECT_EQ(code(redirect_answer(301, "https://lectio.test/api/lessons/")), "redirect_slash");
  EXPECT_EQ(fact("location"), "https://lectio.test/api/lessons/");
  EXPECT_EQ(code(redirect_answer(302, "https://lectio.test/login/?next=/api/lessons")), "redirect");
  EXPECT_EQ(code(redirect_answer(301, "https://evil.test/api/lessons/")), "redirect");
  EXPECT_EQ(code(redirect_answer(301, "")), "redirect");
  request.url = "https://lectio.test/api/lessons/";
  EXPECT_EQ(code(redirect_answer(301, "https://lectio.test/api/lessons/")), "redirect_slash");
  EXPECT_EQ(code(redirect_answer(301, "https://lectio.test/api/")), "redirect");
  request.url = "https://lectio.test/api/lessons?page=1";
  EXPECT_EQ(code(redirect_answer(301, "https://lectio.test/api/lessons/?page=1")),
            "redirect_slash");
}

TEST_F(Assess, ARedirectToItselfIsALoopWhereNoSlashCouldBeLost) {
  request.url = "https://lectio.test/";
  EXPECT_EQ(code(redirect_answer(301, "https://lectio.test/")), "redirect_loop");
  EXPECT_EQ(code(redirect_answer(301, "https://lectio.test:8443/")), "redirect");
  EXPECT_EQ(code(redirect_answer(301, "http://lectio.test/")), "redirect");
  request.url = "https://lectio.test/?page=1";
  EXPECT_EQ(code(redirect_answer(301, "https://lectio.test/?page=1")), "redirect_loop");
  request.url = "https://lectio.test/api/lessons?page=1";
  EXPECT_EQ(code(redirect_answer(301, "https://lectio.test/api/lessons?page=1")), "redirect_loop");
  request.url = "http://127.0.0.1:8000/";
  request.headers = {{"Host", "lectio.test"}};
  EXPECT_EQ(code(redirect_answer(301, "http://127.0.0.1:8000/")), "redirect_loop");
  EXPECT_EQ(code(redirect_answer(301, "http://lectio.test/")), "redirect_loop");
  EXPECT_EQ(code(redirect_answer(301, "https://lectio.test/")), "redirect_https");
  request.url = "http://127.0.0.1:8000/api/lessons/";
  EXPECT_EQ(code(redirect_answer(301, "http://lectio.test/api/lessons/")), "redirect_slash");
}

TEST_F(Assess, APlainRequestSentToHttpsIsNamedAlsoBehindAHostHeader) {
  request.url = "http://127.0.0.1:8000/api/lessons/";
  request.headers = {{"Host", "lectio.test"}};
  EXPECT_EQ(code(redirect_answer(301, "https://lectio.test/api/lessons/")), "redirect_https");
  EXPECT_EQ(code(redirect_answer(301, "https://lectio.test/")), "redirect");
  request.url = "http://127.0.0.1:8000/api/lessons";
  EXPECT_EQ(code(redirect_answer(301, "http://127.0.0.1:8000/api/lessons/")), "redirect_slash");
}

TEST_F(Assess, ThePageOfTheSiteIsNoData) {
  wants_page_of_results();
  EXPECT_EQ(code(page_answer(200, "<!doctype html><div id=root>")), "spa_page");
  EXPECT_EQ(code(file_answer("application/json", "\n<!DOCTYPE HTML>")), "spa_page");
}

TEST_F(Assess, WhatIsNoJsonIsTold) {
  wants_page_of_results();
  EXPECT_EQ(code(json_answer(200, R"({"count":1,"results":[)")), "not_json");
  EXPECT_EQ(code(json_answer(200, "{\"count\":1,\"results\":[\"\xff\"]}")), "not_json");
  EXPECT_EQ(code(json_answer(200, std::string(200'000, '['))), "not_json");
  EXPECT_NE(fact("error").find("deeper than"), std::string::npos);
  EXPECT_EQ(code(json_answer(200, "")), "not_json");
  EXPECT_EQ(fact("error"), "empty body");
}

TEST_F(Assess, TheShapeIsChecked) {
  wants_page_of_results();
  EXPECT_EQ(code(json_answer(200, R"({"count":"many","results":[]})")), "wrong_shape");
  EXPECT_EQ(fact("pointer"), "/count");
  EXPECT_EQ(fact("wanted"), "number");
  EXPECT_EQ(fact("found"), "string");
  EXPECT_EQ(code(json_answer(200, R"([1,2])")), "wrong_shape");
  EXPECT_EQ(fact("found"), "absent");
}

TEST_F(Assess, ValuesAreCompared) {
  wants({.pointer = "/email", .equals = R"("${EMAIL}")", .ignore_case = true});
  wants({.pointer = "/n", .equals = "1", .code = "wrong_number"});
  EXPECT_EQ(code(json_answer(200, R"({"email":"x@Y.Z","n":1})")), "http_ok");
  EXPECT_EQ(code(json_answer(200, R"({"email":"other","n":1})")), "wrong_shape");
  EXPECT_EQ(fact("found"), "other");
  EXPECT_EQ(code(json_answer(200, R"({"email":"x@y.z","n":2})")), "wrong_number");
  EXPECT_EQ(fact("found"), "2");
}

TEST_F(Assess, AbsenceCanBeWanted) {
  wants({.pointer = "/error", .exists = false});
  EXPECT_EQ(code(json_answer(200, "{}")), "http_ok");
  EXPECT_EQ(code(json_answer(200, R"({"error":null})")), "wrong_shape");
}

TEST_F(Assess, AnExpectationMayHoldForSomeAnswersOnly) {
  step.expect.statuses = {200, 201};
  wants({.pointer = "/payment_url", .type = "string", .statuses = {201}});
  EXPECT_EQ(code(json_answer(200, R"({"status":"already_active"})")), "http_ok");
  EXPECT_EQ(code(json_answer(201, "{}")), "wrong_shape");
}

TEST_F(Assess, ATokenIsCheckedAndNeverShown) {
  wants({.pointer = "/access", .jwt_role = "teacher"});
  const std::string token = jwt(R"({"exp":1800043200,"role":"student"})");
  EXPECT_EQ(code(json_answer(200, R"({"access":")" + token + R"("})")), "bad_token");
  EXPECT_EQ(fact("reason"), "wrong_role");
  for (const auto& [name, value] : seen.finding.facts) {
    EXPECT_EQ(to_text(value).find(token.substr(0, 20)), std::string::npos) << name;
  }
  EXPECT_EQ(code(json_answer(200, R"({"access":17})")), "bad_token");
}

TEST_F(Assess, TheContentTypeAndTheTextAreChecked) {
  step.expect.content_type = "text/html";
  step.expect.contains = {"Lectio"};
  EXPECT_EQ(code(page_answer(200, "<h1>Lectio")), "http_ok");
  EXPECT_EQ(code(page_answer(200, "<h1>nginx")), "missing_text");
  EXPECT_EQ(fact("text"), "Lectio");
  EXPECT_EQ(code(file_answer("text/plain", "Lectio")), "wrong_type");
  EXPECT_EQ(fact("content_type"), "text/plain");
}

TEST_F(Assess, AnyVideoIsAVideo) {
  step.expect.content_type = "video/*";
  EXPECT_EQ(code(file_answer("video/mp4", "x")), "http_ok");
  EXPECT_EQ(code(file_answer("videos/mp4", "x")), "wrong_type");
  EXPECT_EQ(code(page_answer(200, "x")), "wrong_type");
  step.expect.first_bytes = 2;
  EXPECT_EQ(code(file_answer("video/mp4", "x")), "body_short");
  EXPECT_EQ(code(file_answer("video/mp4", "xy")), "http_ok");
}

TEST_F(Assess, ATextThatIsWantedMayHoldAVariable) {
  step.expect.contains = {"probe ${PROBE}"};
  EXPECT_EQ(code(file_answer("text/plain", "a probe X@y.z")), "http_ok");
  EXPECT_EQ(code(file_answer("text/plain", "a probe of another")), "missing_text");
}

TEST_F(Assess, AShareIsMeasuredInPercent) {
  step.expect.share =
      Share{.of = "/used", .to = "/all", .warning = 80, .critical = 95, .code = "full"};
  const auto of = [&](const std::string& json) {
    const std::string found = code(json_answer(200, json));
    return std::pair{found, seen.finding.outcome};
  };
  EXPECT_EQ(of(R"({"used":"79","all":"100"})"), std::pair(std::string{"http_ok"}, Outcome::good));
  EXPECT_EQ(of(R"({"used":"80","all":"100"})"), std::pair(std::string{"full"}, Outcome::warning));
  EXPECT_EQ(fact("percent"), "80");
  EXPECT_EQ(of(R"({"used":95,"all":100})"), std::pair(std::string{"full"}, Outcome::critical));
  EXPECT_EQ(of(R"({"used":95})"), std::pair(std::string{"http_ok"}, Outcome::good))
      << "without a limit";
}

TEST_F(Assess, ASlowGoodAnswerIsAWarning) {
  step.expect.latency = Milliseconds{100};
  HttpResponse response = page_answer(200, "x");
  response.phases.total = Milliseconds{100};
  EXPECT_EQ(code(response), "http_ok");
  response.phases.total = Milliseconds{101};
  EXPECT_EQ(code(response), "slow");
  EXPECT_EQ(seen.finding.outcome, Outcome::warning);
}

TEST_F(Assess, CapturesTextsAndNumbers) {
  step.captures = {{"id", "/id", false}, {"name", "/name", false}, {"none", "/none", true}};
  code(json_answer(200, R"({"id":7,"name":"x"})"));
  EXPECT_EQ(seen.captured, (std::map<std::string, std::string>{{"id", "7"}, {"name", "x"}}));
  EXPECT_EQ(code(json_answer(200, R"({"id":7})")), "wrong_shape");
  EXPECT_TRUE(seen.captured.empty()) << "a step that failed leaves nothing";
}

TEST_F(Assess, ACodeCanLowerTheSeverity) {
  step.severity_when = {{{}, {"busy"}, Severity::low}};
  step.causes = {{{503}, "", "", "", "busy"}};
  code(page_answer(503, ""));
  EXPECT_EQ(seen.finding.severity, Severity::low);
  code(page_answer(500, ""));
  EXPECT_EQ(seen.finding.severity, std::nullopt);
}

}  // namespace
}  // namespace lectio
