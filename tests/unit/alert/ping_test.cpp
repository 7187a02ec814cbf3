#include "alert/ping.hpp"

#include <gmock/gmock.h>

#include "base/stepping_clock.hpp"
#include "io/scripted_http.hpp"

namespace lectio {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr auto url = "https://hc.test/5d1c-secret";

class Pinging : public testing::Test {
 protected:
  Finding send(PingKind kind = PingKind::success) {
    return send_ping({.url = url_, .kind = kind, .body = "lectio-1: site ok"}, http_, clock_,
                     Deadline{clock_, budget_});
  }

  std::string url_ = url;
  Milliseconds budget_{30000};
  ScriptedHttp http_;
  SteppingClock clock_;
};

TEST_F(Pinging, PostsTheLine) {
  http_.answer(url, 200, "OK");
  const Finding finding = send();
  EXPECT_EQ(finding.outcome, Outcome::good);
  EXPECT_EQ(finding.code, "pinged");
  ASSERT_THAT(http_.asked, SizeIs(1));
  EXPECT_EQ(http_.asked[0].method, "POST");
  EXPECT_EQ(http_.asked[0].body, "lectio-1: site ok");
  EXPECT_FALSE(http_.asked[0].follow_redirects);
}

TEST_F(Pinging, NeverTellsTheAddressButItsHost) {
  for (const int status : {200, 404, 500}) {
    http_ = {};
    http_.answer(url, status, "");
    for (const auto& [name, value] : send().facts) {
      EXPECT_THAT(to_text(value), Not(HasSubstr("secret"))) << name;
    }
  }
  EXPECT_EQ(ping_host(url), "hc.test");
}

TEST_F(Pinging, AFailureGoesToItsOwnAddress) {
  http_.answer("https://hc.test/5d1c-secret/fail", 200, "OK");
  EXPECT_EQ(send(PingKind::failure).code, "pinged");
  url_ = "https://hc.test/5d1c-secret/";
  EXPECT_EQ(send(PingKind::failure).code, "pinged");
  url_ = "https://hc.test/key/lectio?create=1";
  http_.answer("https://hc.test/key/lectio/fail?create=1", 201, "Created");
  EXPECT_EQ(send(PingKind::failure).code, "pinged");
}

TEST_F(Pinging, TriesAgainAfterTroubleThatPasses) {
  http_.break_down(url, HttpError::timeout);
  http_.answer(url, 503, "");
  http_.answer(url, 200, "OK");
  const Finding finding = send();
  EXPECT_EQ(finding.code, "pinged");
  EXPECT_EQ(to_text(*finding.facts.find("tries")), "3");
  EXPECT_THAT(clock_.slept, ElementsAre(Milliseconds{1000}, Milliseconds{2000}));
}

TEST_F(Pinging, GivesUpAfterThreeTries) {
  for (const HttpError error : {HttpError::dns, HttpError::refused, HttpError::unreachable,
                                HttpError::reset, HttpError::timeout}) {
    http_ = {};
    http_.break_down(url, error);
    const Finding finding = send();
    EXPECT_EQ(finding.outcome, Outcome::bad);
    EXPECT_EQ(finding.code, "ping_failed");
    EXPECT_EQ(to_text(*finding.facts.find("error")), to_string(error));
    EXPECT_THAT(http_.asked, SizeIs(3));
  }
}

TEST_F(Pinging, DoesNotTryAgainWhatWillNotChange) {
  http_.break_down(url, HttpError::tls_untrusted);
  EXPECT_EQ(send().code, "ping_failed");
  EXPECT_THAT(http_.asked, SizeIs(1));
  EXPECT_THAT(clock_.slept, IsEmpty());
}

TEST_F(Pinging, StaysInsideTheBudgetOfTheRun) {
  budget_ = Milliseconds{1500};
  http_.break_down(url, HttpError::refused);
  EXPECT_EQ(send().code, "ping_failed");
  EXPECT_THAT(http_.asked, SizeIs(2));
  EXPECT_EQ(http_.asked[1].total_timeout, Milliseconds{500});
}

TEST_F(Pinging, ARateLimitedAnswerIsNoSuccessThoughItIs200) {
  http_.answer(url, 200, "OK (rate-limited)");
  const Finding finding = send();
  EXPECT_EQ(finding.outcome, Outcome::warning);
  EXPECT_EQ(finding.code, "ping_rate_limited");
}

TEST_F(Pinging, EveryRefusalHasItsName) {
  const auto code_of = [this](int status, const std::string& body) {
    http_ = {};
    http_.answer(url, status, body, "text/plain");
    return send().code;
  };
  EXPECT_EQ(code_of(201, "Created"), "pinged");
  EXPECT_EQ(code_of(404, "not found"), "ping_unknown_check");
  EXPECT_EQ(code_of(200, "OK (not found)"), "ping_unknown_check");
  EXPECT_EQ(code_of(400, "invalid url format"), "ping_bad_url");
  EXPECT_EQ(code_of(409, "ambiguous slug"), "ping_bad_url");
  EXPECT_EQ(code_of(429, ""), "ping_rate_limited");
  EXPECT_EQ(code_of(301, ""), "ping_refused");
  EXPECT_EQ(code_of(500, ""), "ping_refused");
}

}  // namespace
}  // namespace lectio
