#include "site/web_probe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "site/server_fakes.hpp"

namespace lectio {
namespace {

using namespace std::chrono_literals;
using server_fakes::answer;
using server_fakes::fact;
using server_fakes::failure;
using server_fakes::told;
using testing::ElementsAre;
using testing::Pair;

Config config(const std::string& more = "") {
  return *Config::parse("SITE_URL=https://lectio.test\n" + more, "config.env",
                        [](const std::string&) { return std::nullopt; });
}

TEST(WebRequests, AskForThePageAsAVisitorAndForHealthPastNginx) {
  const WebRequests requests = web_requests(config("CONNECT_TO=lectio.test:443:127.0.0.1:443\n"));
  EXPECT_EQ(requests.public_page.url, "https://lectio.test/");
  EXPECT_THAT(requests.public_page.connect_to, ElementsAre("lectio.test:443:127.0.0.1:443"));
  EXPECT_FALSE(requests.public_page.follow_redirects);
  EXPECT_EQ(requests.public_page.retries, 2);
  EXPECT_TRUE(requests.public_page.compressed) << "as a browser asks";
  EXPECT_FALSE(requests.backend.compressed);
  EXPECT_EQ(requests.backend.url, "http://127.0.0.1:8000/api/health/");
  EXPECT_THAT(requests.backend.headers,
              ElementsAre(Pair("Host", "lectio.test"), Pair("X-Forwarded-Proto", "https")));
  EXPECT_EQ(requests.uplink->url, "https://api.telegram.org:443/");
  EXPECT_EQ(requests.inside.url, "http://127.0.0.1:443/");
  EXPECT_THAT(requests.inside.headers, ElementsAre(Pair("Host", "/")));
}

TEST(WebRequests, FollowTheConfiguration) {
  const WebRequests requests =
      web_requests(config("BACKEND_SOCKET=/run/gunicorn.sock\nIP_VERSION=4\nHTTP_TIMEOUT=3\n"
                          "INTERNAL_BACKEND_URL=http://127.0.0.1:9000/\nCONNECT_TIMEOUT=1\n"));
  EXPECT_EQ(requests.backend.unix_socket, "/run/gunicorn.sock");
  EXPECT_EQ(requests.backend.url, "http://127.0.0.1:9000/api/health/");
  EXPECT_EQ(requests.public_page.ip, IpVersion::v4);
  EXPECT_EQ(requests.public_page.total_timeout, 3s);
  EXPECT_EQ(requests.uplink->total_timeout, 1s);
}

class WebProbeTest : public testing::Test {
 protected:
  WebProbeTest() {
    http.answers[page_url] = server_fakes::page();
    http.answers[backend_url] = server_fakes::healthy();
    http.answers[uplink_url] = answer(404, "text/html", "");
  }
  Finding public_page(bool nginx_active = true) {
    return probe.public_page([nginx_active] { return nginx_active; });
  }

  const std::string page_url = "https://lectio.test/";
  const std::string backend_url = "http://127.0.0.1:8000/api/health/";
  const std::string inside_url = "http://127.0.0.1:443/";
  const std::string uplink_url = "https://api.telegram.org:443/";
  server_fakes::Http http;
  server_fakes::Clock clock;
  Deadline deadline{clock, 55s};
  WebProbe probe{http, deadline, web_requests(config())};
};

TEST_F(WebProbeTest, AsksBothAtOnceAndOnce) {
  EXPECT_EQ(told(probe.backend()), "good backend_ok");
  EXPECT_EQ(told(public_page()), "good page_ok");
  EXPECT_EQ(told(probe.response_time(5s)), "good response_fast");
  EXPECT_THAT(http.batches, ElementsAre(2U));
}

TEST_F(WebProbeTest, BlamesTheNetworkWhenOnlyTheWayInFails) {
  for (const HttpError error : {HttpError::dns, HttpError::timeout, HttpError::unreachable}) {
    http.answers[page_url] = failure(error);
    WebProbe fresh{http, deadline, web_requests(config())};
    const Finding finding = fresh.public_page([] { return true; });
    EXPECT_EQ(told(finding), "warning network");
    EXPECT_EQ(fact(finding.facts, "failure"), to_string(error));
    EXPECT_EQ(finding.severity, Severity::high);
  }
}

TEST_F(WebProbeTest, CannotTellWhenNothingOutsideCanBeReached) {
  http.answers[page_url] = failure(HttpError::timeout);
  http.answers[uplink_url] = failure(HttpError::timeout);
  EXPECT_EQ(told(public_page()), "unknown uplink_down");
}

TEST_F(WebProbeTest, AnyAnswerFromOutsideMeansThatTheNetworkIsThere) {
  http.answers[page_url] = failure(HttpError::timeout);
  http.answers[uplink_url] = failure(HttpError::tls_untrusted);
  EXPECT_EQ(told(public_page()), "warning network");
}

TEST_F(WebProbeTest, WithoutNginxTheFailureIsTheSitesOwn) {
  http.answers[page_url] = failure(HttpError::timeout);
  EXPECT_EQ(told(public_page(false)), "bad timeout");
}

TEST_F(WebProbeTest, WithoutTheBackendTheFailureIsTheSitesOwn) {
  http.answers[page_url] = failure(HttpError::timeout);
  http.answers[backend_url] = failure(HttpError::timeout);
  EXPECT_EQ(told(public_page()), "bad timeout");
}

TEST_F(WebProbeTest, TlsErrorsAnswersAndRefusalsAreTheSitesOwn) {
  const std::map<std::string, HttpResponse> own{
      {"bad tls_expired", failure(HttpError::tls_expired)},
      {"bad refused", failure(HttpError::refused)},
      {"bad bad_gateway", answer(502, "text/html", "")}};
  for (const auto& [verdict, response] : own) {
    http.answers[page_url] = response;
    WebProbe fresh{http, deadline, web_requests(config())};
    EXPECT_EQ(told(fresh.public_page([] { return true; })), verdict);
  }
}

// Connected, and then nothing.
HttpResponse silence() {
  HttpResponse response = failure(HttpError::timeout);
  response.phases.connect = std::chrono::microseconds{50};
  return response;
}

TEST_F(WebProbeTest, NginxIsSilentWhenItIsSilentHereAsWell) {
  http.answers[page_url] = failure(HttpError::timeout);
  http.answers[inside_url] = silence();
  EXPECT_EQ(told(public_page()), "bad nginx_silent");
}

TEST_F(WebProbeTest, WhatNginxAnswersHereIsAnotherFailure) {
  const std::vector<HttpResponse> inside{answer(400, "text/html", ""), failure(HttpError::refused),
                                         failure(HttpError::timeout), failure(HttpError::reset)};
  for (const HttpResponse& response : inside) {
    http.answers[inside_url] = response;
    http.answers[page_url] = failure(HttpError::timeout);
    WebProbe fresh{http, deadline, web_requests(config())};
    EXPECT_EQ(told(fresh.public_page([] { return true; })), "warning network");
    http.answers[page_url] = silence();
    WebProbe hung{http, deadline, web_requests(config())};
    EXPECT_EQ(told(hung.public_page([] { return true; })), "bad timeout");
  }
}

TEST_F(WebProbeTest, NobodyIsAskedHereOfWhatIsKnownToBeDown) {
  http.answers[page_url] = failure(HttpError::timeout);
  http.answers[inside_url] = silence();
  EXPECT_EQ(told(public_page(false)), "bad timeout");
  EXPECT_EQ(http.asked.size(), 2U);
}

TEST_F(WebProbeTest, AsksOutsideOnlyWhenItMatters) {
  http.answers[page_url] = answer(500, "text/html", "");
  public_page();
  EXPECT_EQ(http.asked.size(), 2U);
}

}  // namespace
}  // namespace lectio
