#include "setup_smoke_users/login.hpp"

#include <gmock/gmock.h>

#include "base/stepping_clock.hpp"
#include "io/json.hpp"
#include "io/scripted_http.hpp"

namespace lectio {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;
using testing::SizeIs;

// {"alg":"HS256","typ":"JWT"} . {"exp":9999999999,"role":"teacher"} . signature
constexpr auto teachers_token =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
    "eyJleHAiOjk5OTk5OTk5OTksInJvbGUiOiJ0ZWFjaGVyIn0.c2lnbmF0dXJl";

class Login : public testing::Test {
 protected:
  Finding judge(int status, const std::string& body) {
    HttpResponse response;
    response.status = status;
    response.body = body;
    return judge_login_answer(response, user_, clock_.now);
  }
  static std::string with_token(const std::string& token) {
    return R"({"refresh":"x","access":")" + token + "\"}";
  }

  SmokeUser user_{.name = "teacher", .email = "t@lectio.test", .password = "pa\"ss\\wörd"};
  SteppingClock clock_;
};

TEST_F(Login, WorksWhenTheTokenHasTheRole) {
  EXPECT_EQ(judge(200, with_token(teachers_token)).code, "login_works");
}

TEST_F(Login, ATokenOfAnotherRoleIsNoLogin) {
  user_.name = "student";
  const Finding finding = judge(200, with_token(teachers_token));
  EXPECT_EQ(finding.outcome, Outcome::bad);
  EXPECT_EQ(finding.code, "bad_token");
  EXPECT_EQ(to_text(*finding.facts.find("reason")), "wrong_role");
}

TEST_F(Login, AnAnswerWithoutATokenIsNoLogin) {
  for (const char* body : {"<html>", "{}", "[]", R"({"access":7})", R"({"access":"a.b.c"})"}) {
    EXPECT_EQ(judge(200, body).code, "bad_token") << body;
  }
}

TEST_F(Login, ARefusalIsToldInTheSitesOwnWords) {
  const Finding finding = judge(401, R"({"detail":"Слишком много попыток входа."})");
  EXPECT_EQ(finding.outcome, Outcome::bad);
  EXPECT_EQ(finding.code, "login_refused");
  EXPECT_EQ(to_text(*finding.facts.find("detail")), "Слишком много попыток входа.");
}

TEST_F(Login, ASiteInTroubleHasRefusedNobody) {
  for (const int status : {301, 404, 500, 503}) {
    EXPECT_EQ(judge(status, "").code, "http_status") << status;
  }
}

TEST_F(Login, ThePasswordIsNotRepeatedEvenIfTheSiteRepeatsIt) {
  const Finding finding = judge(400, R"({"detail":"bad password: pa\"ss\\wörd!"})");
  EXPECT_EQ(to_text(*finding.facts.find("detail")), "bad password: ***!");
}

TEST_F(Login, GoesInsideWithTheHeadersThatNginxWouldAdd) {
  const Config config = *Config::parse("SITE_URL=https://lectio.test\n", "config.env",
                                       [](const std::string&) { return std::nullopt; });
  ScriptedHttp http;
  http.answer("http://127.0.0.1:8000/api/jwt/token/", 200, with_token(teachers_token));
  const Finding finding =
      probe_login(config, user_, http, clock_, Deadline{clock_, std::chrono::seconds{10}});
  EXPECT_EQ(finding.code, "login_works");
  ASSERT_THAT(http.asked, SizeIs(1));
  EXPECT_EQ(http.asked[0].method, "POST");
  EXPECT_EQ(http.asked[0].retries, 0);
  EXPECT_THAT(http.asked[0].headers, Contains(Pair("Host", "lectio.test")));
  EXPECT_THAT(http.asked[0].headers, Contains(Pair("X-Forwarded-Proto", "https")));
  const auto body = parse_json(http.asked[0].body);
  ASSERT_TRUE(body);
  EXPECT_EQ(as_text((*body)["password"]), user_.password);
  for (const auto& [name, value] : finding.facts) {
    EXPECT_THAT(to_text(value), Not(HasSubstr("wörd"))) << name;
  }
}

}  // namespace
}  // namespace lectio
