#include "io/http.hpp"

#include <cstdlib>
#include <filesystem>
#include <mutex>

#include "io/http_fixture.hpp"

namespace lectio::testing {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST_F(HttpTest, Ipv4OnlyDoesNotTryIpv6) {
  const SilentPort refuses;
  const SilentIpv6Port accepts{refuses.port()};
  if (!accepts.is_open()) GTEST_SKIP() << "this machine has no ::1";
  HttpRequest request{.url = fmt::format("http://localhost:{}/", refuses.port()),
                      .total_timeout = Milliseconds{1000}};

  EXPECT_EQ(send(request).remote_address, "::1");
  request.ip = IpVersion::v4;
  EXPECT_EQ(send(request).error, HttpError::refused);
}

TEST_F(HttpTest, BringsStatusHeadersAndBody) {
  const LoopbackServer server{
      always(answer("200 OK", "{}", "Content-TYPE: Application/JSON ; charset=utf-8\r\n"))};

  const HttpResponse response = get(server.url("/api/health/"));

  EXPECT_EQ(response.error, HttpError::none);
  EXPECT_EQ(response.error_text, "");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "{}");
  EXPECT_EQ(response.body_size, 2U);
  EXPECT_EQ(response.header("content-type"), "Application/JSON ; charset=utf-8");
  EXPECT_EQ(response.header("x-absent"), "");
  EXPECT_EQ(response.content_type(), "application/json");
  EXPECT_EQ(response.remote_address, "127.0.0.1");
  EXPECT_EQ(response.tries, 1);
  EXPECT_GT(response.phases.connect.count(), 0);
  EXPECT_EQ(response.phases.tls.count(), 0);
  EXPECT_GE(response.phases.first_byte, response.phases.connect);
  EXPECT_GE(response.phases.total.count(), 1);
}

TEST_F(HttpTest, AnAnswerOfAnyStatusIsNoError) {
  const LoopbackServer server{always(answer("502 Bad Gateway", "<html>"))};

  const HttpResponse response = get(server.url("/"));

  EXPECT_EQ(response.error, HttpError::none);
  EXPECT_EQ(response.status, 502);
}

TEST_F(HttpTest, SendsMethodHeadersAndBodyAsGiven) {
  const LoopbackServer server{[](Peer& peer) { peer.send(answer("200 OK", peer.read_request())); }};

  const HttpResponse response =
      send({.method = "PATCH",
            .url = server.url("/me/?full=1"),
            .headers = {{"Host", "lectio.test"}, {"X-Empty", ""}, {"Content-Type", "text/plain"}},
            .body = "Привет"});

  EXPECT_THAT(response.body, StartsWith("PATCH /me/?full=1 HTTP/1.1\r\n"));
  EXPECT_THAT(response.body, HasSubstr("\r\nHost: lectio.test\r\n"));
  EXPECT_THAT(response.body, HasSubstr("\r\nX-Empty:\r\n"));
  EXPECT_THAT(response.body, HasSubstr("\r\nContent-Type: text/plain\r\n"));
  EXPECT_THAT(response.body, HasSubstr("\r\nUser-Agent: lectio-monitor\r\n"));
  EXPECT_THAT(response.body, ::testing::EndsWith("\r\n\r\nПривет"));
}

TEST_F(HttpTest, ALargeBodyIsSentWithoutAskingFirst) {
  const LoopbackServer server{[](Peer& peer) {
    const std::string request = peer.read_request();
    peer.send(answer("200 OK", request.substr(0, request.find("\r\n\r\n"))));
  }};

  const HttpResponse response =
      send({.method = "POST", .url = server.url("/"), .body = std::string(2U << 20U, 'x')});

  EXPECT_THAT(response.body, HasSubstr("\r\nContent-Length: 2097152"));
  EXPECT_THAT(response.body, Not(HasSubstr("Expect:")));
}

TEST_F(HttpTest, HeadAsksForNoBody) {
  const LoopbackServer server{always("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")};

  const HttpResponse response = send({.method = "HEAD", .url = server.url("/")});

  EXPECT_EQ(response.error, HttpError::none);
  EXPECT_EQ(response.header("content-length"), "1000");
  EXPECT_EQ(response.body_size, 0U);
}

TEST_F(HttpTest, HeadersOfAnInterimAnswerAreForgotten) {
  const LoopbackServer server{
      always("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" + answer("200 OK", "x"))};

  const HttpResponse response = get(server.url("/"));

  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.header("link"), "");
}

// A thousand times "a".
constexpr std::string_view gzipped{
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x4b\x4c\x1c\x05\xa3\x60\x14\x0c\x77\x00\x00\x03\xda"
    "\x38\x9a\xe8\x03\x00\x00",
    29};

TEST_F(HttpTest, DecodesGzip) {
  const LoopbackServer server{always(answer("200 OK", gzipped, "Content-Encoding: gzip\r\n"))};

  const HttpResponse response = get(server.url("/"));

  EXPECT_EQ(response.body, std::string(1000, 'a'));
  EXPECT_EQ(response.body_size, 1000U);
}

TEST_F(HttpTest, ACompressedAnswerIsAskedForOnlyWhereItIsWanted) {
  const LoopbackServer server{[](Peer& peer) { peer.send(answer("200 OK", peer.read_request())); }};

  EXPECT_THAT(send({.url = server.url("/")}).body, HasSubstr("Accept-Encoding: identity\r\n"));
  EXPECT_THAT(send({.url = server.url("/"), .compressed = true}).body,
              ContainsRegex("Accept-Encoding: .*gzip"));
}

TEST_F(HttpTest, TheLimitOfABodyIsOfTheDecodedOne) {
  const LoopbackServer server{always(answer("200 OK", gzipped, "Content-Encoding: gzip\r\n"))};

  const HttpResponse fits = send({.url = server.url("/"), .max_body = 1000});
  const HttpResponse large = send({.url = server.url("/"), .max_body = 999, .keep_body = 3});

  EXPECT_EQ(fits.error, HttpError::none);
  EXPECT_EQ(large.error, HttpError::too_large);
  EXPECT_EQ(large.status, 200);
  EXPECT_EQ(large.body, "aaa");
}

TEST_F(HttpTest, ABodyWithoutEndStopsAtTheLimit) {
  const LoopbackServer server{[](Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\n\r\n");
    while (peer.send(std::string(65536, 'x'))) {
    }
  }};

  const HttpResponse response =
      send({.url = server.url("/"), .max_body = 1U << 20U, .keep_body = 16});

  EXPECT_EQ(response.error, HttpError::too_large);
  EXPECT_EQ(response.error_text, "body over 1048576 bytes");
  EXPECT_EQ(response.body, std::string(16, 'x'));
}

TEST_F(HttpTest, WhatIsEnoughEndsABodyWithoutEndAndIsNoError) {
  const LoopbackServer server{[](Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 206 Partial Content\r\n\r\n");
    while (peer.send(std::string(65536, 'x'))) {
    }
  }};

  const HttpResponse response =
      send({.url = server.url("/"), .keep_body = 16, .enough_body = 1000});
  const HttpResponse all = send({.url = server.url("/"), .max_body = 999, .enough_body = 1000});

  EXPECT_EQ(response.error, HttpError::none);
  EXPECT_EQ(response.status, 206);
  EXPECT_GE(response.body_size, 1000U);
  EXPECT_EQ(response.body, std::string(16, 'x'));
  EXPECT_EQ(all.error, HttpError::too_large) << "the limit is a limit";
}

TEST_F(HttpTest, ABodyThatStallsEndsByTimeoutWithWhatHadCome) {
  const LoopbackServer server{[](Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    peer.wait_until_closed();
  }};

  const HttpResponse response =
      send({.url = server.url("/"), .total_timeout = Milliseconds{200}, .retries = 3});

  EXPECT_EQ(response.error, HttpError::timeout);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "half");
  EXPECT_EQ(response.tries, 1);
}

TEST_F(HttpTest, ReportsWhereARedirectLeads) {
  const LoopbackServer server{
      always(answer("301 Moved Permanently", "", "Location: /api/health/\r\n"))};

  const HttpResponse response = get(server.url("/api/health"));

  EXPECT_EQ(response.error, HttpError::none);
  EXPECT_EQ(response.status, 301);
  EXPECT_EQ(response.location, server.url("/api/health/"));
}

TEST_F(HttpTest, FollowsARedirectWhenAsked) {
  const LoopbackServer server{[](Peer& peer) {
    while (true) {
      const std::string request = peer.read_request();
      if (request.empty()) return;
      peer.send(request.starts_with("GET /new ")
                    ? answer("200 OK", "here")
                    : answer("302 Found", "there", "Location: /new\r\nX-Old: 1\r\n"));
    }
  }};

  const HttpResponse response = send({.url = server.url("/old"), .follow_redirects = true});

  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "here");
  EXPECT_EQ(response.header("x-old"), "");
  EXPECT_EQ(response.location, "");
}

TEST_F(HttpTest, GivesUpOnACircleOfRedirects) {
  const LoopbackServer server{always(answer("302 Found", "", "Location: /again\r\n"))};

  const HttpResponse response = send({.url = server.url("/"), .follow_redirects = true});

  EXPECT_EQ(response.error, HttpError::protocol);
}

TEST_F(HttpTest, NeverFollowsOutOfHttp) {
  const LoopbackServer server{always(answer("302 Found", "", "Location: file:///etc/passwd\r\n"))};

  const HttpResponse response = send({.url = server.url("/"), .follow_redirects = true});

  EXPECT_EQ(response.error, HttpError::protocol);
  EXPECT_EQ(response.body, "");
}

TEST_F(HttpTest, OneConnectionServesRequestsOneAfterAnother) {
  const LoopbackServer server{always(answer("200 OK", "x"))};

  const HttpResponse first = get(server.url("/"));
  const HttpResponse second = get(server.url("/"));

  EXPECT_FALSE(first.reused_connection);
  EXPECT_TRUE(second.reused_connection);
  EXPECT_EQ(second.phases.connect.count(), 0);
  EXPECT_EQ(second.remote_address, "127.0.0.1");
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(HttpTest, NothingOfOneRequestIsLeftInTheNext) {
  const LoopbackServer server{[](Peer& peer) {
    while (true) {
      const std::string request = peer.read_request();
      if (request.empty()) return;
      peer.send(answer("200 OK", request, "Set-Cookie: session=1\r\n"));
    }
  }};
  send({.method = "POST",
        .url = server.url("/"),
        .headers = {{"Authorization", "Bearer secret"}},
        .body = "secret"});

  const HttpResponse response = get(server.url("/"));

  EXPECT_THAT(response.body, StartsWith("GET / HTTP/1.1\r\n"));
  EXPECT_THAT(response.body, Not(HasSubstr("secret")));
  EXPECT_THAT(response.body, Not(HasSubstr("Cookie")));
}

TEST_F(HttpTest, GoesWhereConnectToSays) {
  const LoopbackServer server{always(answer("200 OK", "x"))};

  const HttpResponse response =
      send({.url = "http://lectio.test/",
            .connect_to = {fmt::format("lectio.test:80:127.0.0.1:{}", server.port())}});

  EXPECT_EQ(response.status, 200);
}

TEST_F(HttpTest, SpeaksOverAUnixSocket) {
  const std::string path = ::testing::TempDir() + fmt::format("http_test.{}.sock", ::getpid());
  std::filesystem::remove(path);
  {
    const LoopbackServer server{path, always(answer("200 OK", "x"))};
    EXPECT_EQ(send({.url = "http://lectio.test/", .unix_socket = path}).status, 200);
  }
  std::filesystem::remove(path);

  EXPECT_EQ(send({.url = "http://lectio.test/", .unix_socket = path}).error, HttpError::refused);
}

TEST_F(HttpTest, UsesTheProxyItIsGivenAndNoneOfTheEnvironment) {
  const LoopbackServer proxy{always(answer("200 OK", "from the proxy"))};
  const LoopbackServer server{always(answer("200 OK", "from the server"))};
  ::setenv("http_proxy", proxy.url("").c_str(), 1);
  ::setenv("no_proxy", "127.0.0.1", 1);

  const HttpResponse direct = get(server.url("/"));
  const HttpResponse proxied = send({.url = server.url("/"), .proxy = proxy.url("")});
  ::unsetenv("http_proxy");
  ::unsetenv("no_proxy");

  EXPECT_EQ(direct.body, "from the server");
  EXPECT_EQ(proxied.body, "from the proxy");
}

}  // namespace
}  // namespace lectio::testing
