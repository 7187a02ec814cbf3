#include "heartbeat/site_health.hpp"

#include <gtest/gtest.h>

namespace lectio {
namespace {

HttpResponse answer(int status, std::string body, const std::string& type = "application/json") {
  HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  response.headers.emplace_back("content-type", type);
  return response;
}

constexpr auto healthy =
    R"({"status": "ok", "service": "teaching_panel", "checks": {"database": true, "response_time_ms": 0.4}})";

TEST(SiteHealth, IsGoodWhenTheDatabaseIsThere) {
  const Finding finding = judge_health_answer(answer(200, healthy));
  EXPECT_EQ(finding.outcome, Outcome::good);
  EXPECT_EQ(finding.code, "site_healthy");
}

TEST(SiteHealth, TheFrontPageOfTheSpaIsNoHealth) {
  const Finding finding =
      judge_health_answer(answer(200, "<!doctype html><div id=root></div>", "text/html"));
  EXPECT_EQ(finding.outcome, Outcome::bad);
  EXPECT_EQ(finding.code, "spa_page");
  EXPECT_EQ(to_text(*finding.facts.find("content_type")), "text/html");
}

TEST(SiteHealth, WhatIsNoJsonIsNoHealth) {
  EXPECT_EQ(judge_health_answer(answer(200, "OK", "text/plain")).code, "not_json");
  EXPECT_EQ(judge_health_answer(answer(200, "")).code, "not_json");
}

TEST(SiteHealth, AnAnswerWithoutTheDatabaseIsNoHealth) {
  for (const char* body : {R"({"status":"ok"})", R"({"checks":{"database":"ok"}})", "[]", "true",
                           R"({"checks":[]})", R"({"checks":{}})"}) {
    EXPECT_EQ(judge_health_answer(answer(200, body)).code, "site_health_unsaid") << body;
  }
}

TEST(SiteHealth, ADatabaseThatIsAwayIsNamed) {
  const std::string down =
      R"({"status": "unhealthy", "checks": {"database": false, "database_error": "no"}})";
  EXPECT_EQ(judge_health_answer(answer(503, down)).code, "database_down");
  EXPECT_EQ(judge_health_answer(answer(200, down)).code, "database_down");
}

TEST(SiteHealth, AnotherStatusIsNoHealthWhateverTheBodySays) {
  for (const int status : {301, 400, 404, 500, 502, 503}) {
    EXPECT_EQ(judge_health_answer(answer(status, healthy)).code, "http_status") << status;
    EXPECT_EQ(judge_health_answer(answer(status, "<html>")).code, "http_status") << status;
  }
}

TEST(SiteHealth, ARedirectSaysWhereTo) {
  HttpResponse moved = answer(301, "");
  moved.location = "https://lectio.test/elsewhere/";
  EXPECT_EQ(to_text(*judge_health_answer(moved).facts.find("location")), moved.location);
}

TEST(SiteHealth, NoAnswerIsNamedByItsCause) {
  HttpResponse none;
  none.error = HttpError::tls_expired;
  none.error_text = "certificate has expired";
  const Finding finding = judge_health_answer(none);
  EXPECT_EQ(finding.outcome, Outcome::bad);
  EXPECT_EQ(finding.code, "tls_expired");
}

}  // namespace
}  // namespace lectio
