#include "site/web.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "site/server_fakes.hpp"

namespace lectio {
namespace {

using namespace std::chrono_literals;
using server_fakes::answer;
using server_fakes::fact;
using server_fakes::failure;
using server_fakes::healthy;
using server_fakes::page;
using server_fakes::told;

Finding public_page(const HttpResponse& response) {
  return judge_public_page({.url = "https://lectio.test/"}, response);
}

Finding backend(const HttpResponse& response) {
  return judge_backend({.url = "http://127.0.0.1:8000/api/health/"}, response);
}

TEST(JudgePublicPage, WantsAPageOfHtml) {
  EXPECT_EQ(told(public_page(page())), "good page_ok");
  EXPECT_EQ(told(public_page(answer(200, "text/html", ""))), "bad page_empty");
  const Finding json = public_page(answer(200, "application/json", "{}"));
  EXPECT_EQ(told(json), "bad not_html");
  EXPECT_EQ(fact(json.facts, "content_type"), "application/json");
}

TEST(JudgePublicPage, ExplainsEveryStatus) {
  const auto code = [](int status) {
    return public_page(answer(status, "text/html", "<html>")).code;
  };
  EXPECT_EQ(code(301), "redirect");
  EXPECT_EQ(code(400), "bad_request");
  EXPECT_EQ(code(403), "forbidden");
  EXPECT_EQ(code(404), "not_found");
  EXPECT_EQ(code(429), "http_status");
  EXPECT_EQ(code(500), "server_error");
  EXPECT_EQ(code(502), "bad_gateway");
  EXPECT_EQ(code(503), "unavailable");
  EXPECT_EQ(code(504), "bad_gateway");
  EXPECT_EQ(code(204), "http_status");
}

TEST(JudgePublicPage, KeepsWhatWasSeen) {
  HttpResponse redirect = answer(301, "text/html", "");
  redirect.location = "https://www.lectio.test/";
  redirect.remote_address = "203.0.113.7";
  redirect.tries = 2;
  const Finding finding = public_page(redirect);
  EXPECT_EQ(fact(finding.facts, "status"), "301");
  EXPECT_EQ(fact(finding.facts, "location"), "https://www.lectio.test/");
  EXPECT_EQ(fact(finding.facts, "address"), "203.0.113.7");
  EXPECT_EQ(fact(finding.facts, "tries"), "2");
  EXPECT_EQ(fact(finding.facts, "ms"), "20");
}

TEST(JudgePublicPage, ARedirectOfTheFrontPageToItselfIsALoop) {
  HttpResponse redirect = answer(301, "text/html", "");
  redirect.location = "https://lectio.test/";
  EXPECT_EQ(told(public_page(redirect)), "bad redirect_loop");
}

TEST(JudgePublicPage, AFailureIsNamedByItsKind) {
  EXPECT_EQ(told(public_page(failure(HttpError::tls_expired))), "bad tls_expired");
  const Finding refused = public_page(failure(HttpError::refused));
  EXPECT_EQ(told(refused), "bad refused");
  EXPECT_EQ(fact(refused.facts, "error"), "in libcurl's words");
}

Finding backend_says(int status, const std::string& body) {
  return backend(answer(status, "application/json", body));
}

TEST(JudgeBackend, WantsItsDatabase) {
  EXPECT_EQ(told(backend(healthy())), "good backend_ok");
  EXPECT_EQ(told(backend_says(503, R"({"checks": {"database": false}})")), "bad database_down");
  EXPECT_EQ(told(backend_says(200, R"({"checks": {"database": false}})")), "bad database_down");
}

TEST(JudgeBackend, QuotesTheDatabasesWordsOnOneLineAndNotForever) {
  const auto words = [](const std::string& body) {
    return fact(backend_says(503, body).facts, "error");
  };
  EXPECT_EQ(
      words(R"({"checks": {"database": false, "database_error": "connection\n\trefused\n"}})"),
      "connection refused");
  EXPECT_EQ(words(R"({"checks": {"database": false}, "database_error": "no such host"})"),
            "no such host");
  std::string cyrillic;
  for (int i = 0; i < 300; ++i) cyrillic += "ё";
  EXPECT_EQ(words("{\"checks\": {\"database\": false, \"database_error\": \"x" + cyrillic + "\"}}"),
            "x" + cyrillic.substr(0, 198))
      << "cut between letters";
}

TEST(JudgeBackend, ALostSlashIsReportedAsExactlyThat) {
  HttpResponse redirect = answer(301, "text/html", "");
  redirect.location = "http://127.0.0.1:8000/api/health/";
  EXPECT_EQ(told(backend(redirect)), "bad redirect_slash");
}

TEST(JudgeBackend, IsNotFooledByOtherAnswers) {
  EXPECT_EQ(told(backend(page())), "bad not_json") << "a page with status 200";
  EXPECT_EQ(told(backend_says(200, "{}")), "bad bad_answer");
  EXPECT_EQ(told(backend_says(200, "[]")), "bad bad_answer");
  EXPECT_EQ(told(backend_says(200, R"({"checks": "database"})")), "bad bad_answer");
  EXPECT_EQ(told(backend_says(200, R"({"checks": {"database": "ok"}})")), "bad bad_answer");
  EXPECT_EQ(told(backend_says(500, R"({"checks": {"database": true}})")), "bad server_error");
  EXPECT_EQ(told(backend_says(503, "<html>")), "bad unavailable");
  EXPECT_EQ(told(backend_says(400, "<h1>Bad Request (400)</h1>")), "bad bad_request");
  EXPECT_EQ(told(backend(failure(HttpError::timeout))), "bad timeout");
}

TEST(JudgeResponseTime, WarnsAboveTheLimit) {
  HttpResponse response = page();
  response.phases.total = 5s;
  EXPECT_EQ(told(judge_response_time(response, 5s)), "good response_fast");
  response.phases.total = 5250ms;
  response.phases.first_byte = 5000ms;
  const Finding slow = judge_response_time(response, 5s);
  EXPECT_EQ(told(slow), "warning response_slow");
  EXPECT_EQ(fact(slow.facts, "ms"), "5250");
  EXPECT_EQ(fact(slow.facts, "limit_ms"), "5000");
  EXPECT_EQ(fact(slow.facts, "first_byte_ms"), "5000");
}

TEST(MayBeNetwork, OnlyWhatNeverConnected) {
  EXPECT_TRUE(may_be_network(failure(HttpError::dns)));
  EXPECT_TRUE(may_be_network(failure(HttpError::unreachable)));
  EXPECT_TRUE(may_be_network(failure(HttpError::timeout)));
  HttpResponse hung = failure(HttpError::timeout);
  hung.phases.connect = 1ms;
  EXPECT_FALSE(may_be_network(hung)) << "it was connected, and then nothing came";
  EXPECT_FALSE(may_be_network(failure(HttpError::refused)));
  EXPECT_FALSE(may_be_network(failure(HttpError::tls_expired)));
  EXPECT_FALSE(may_be_network(answer(502, "text/html", "")));
}

}  // namespace
}  // namespace lectio
