// What can go wrong between the request and a whole answer.
#include <atomic>
#include <map>

#include "io/http_fixture.hpp"

namespace lectio::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(HttpTest, ARefusedConnection) {
  const SilentPort nobody;

  const HttpResponse response = get(nobody.url("/"));

  EXPECT_EQ(response.error, HttpError::refused);
  EXPECT_NE(response.error_text, "");
  EXPECT_EQ(response.status, 0);
  EXPECT_EQ(response.remote_address, "");
  EXPECT_FALSE(response.reused_connection);
}

TEST_F(HttpTest, AHostThatDoesNotResolve) {
  // A label of 64 letters is not even asked for.
  EXPECT_EQ(get("http://" + std::string(64, 'x') + ".test/").error, HttpError::dns);
}

TEST_F(HttpTest, ASilentServer) {
  const LoopbackServer server{never_answers};

  const HttpResponse response =
      send({.url = server.url("/"), .total_timeout = Milliseconds{100}, .retries = 5});

  EXPECT_EQ(response.error, HttpError::timeout);
  EXPECT_EQ(response.tries, 1);
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(HttpTest, AConnectionThatNobodyTakesHasItsOwnTimeout) {
  const FullPort full;
  const BootTime start = clock_.boot();

  const HttpResponse response = send({.url = full.url("/"),
                                      .connect_timeout = Milliseconds{200},
                                      .total_timeout = Milliseconds{15000}});

  EXPECT_EQ(response.error, HttpError::timeout);
  EXPECT_EQ(response.phases.connect.count(), 0);
  EXPECT_LT(clock_.boot() - start, std::chrono::seconds{10});
}

TEST_F(HttpTest, NoTimeAtAllIsATimeoutAndNotAnAnswer) {
  const LoopbackServer server{always(answer("200 OK", "x"))};

  const HttpResponse response = send({.url = server.url("/"), .total_timeout = Milliseconds{0}});

  EXPECT_EQ(response.error, HttpError::timeout);
  EXPECT_EQ(response.error_text, "no time was left for it");
  EXPECT_EQ(server.connections(), 0);
}

TEST_F(HttpTest, AnAnswerThatIsNotWhole) {
  const std::map<std::string, HttpError> answers{
      {"", HttpError::reset},
      {"HTTP/1.1 200 OK\r\nContent-Le", HttpError::reset},
      {"HTTP/1.1 100 Continue\r\n\r\n", HttpError::reset},
      {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", HttpError::truncated},
      {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", HttpError::truncated},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", HttpError::truncated},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", HttpError::truncated},
      {"220 smtp.lectio.test ESMTP\r\n", HttpError::protocol},
      {answer("200 OK", "not gzip", "Content-Encoding: gzip\r\n"), HttpError::protocol},
      {answer("200 OK", "?", "Content-Encoding: unheard-of\r\n"), HttpError::protocol},
  };
  for (const auto& [bytes, expected] : answers) {
    const LoopbackServer server{once(bytes)};
    EXPECT_EQ(get(server.url("/")).error, expected) << bytes;
  }
}

TEST_F(HttpTest, AConnectionThatIsResetInsideTheBody) {
  const LoopbackServer server{[](Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    peer.read_request();
  }};
  const LoopbackServer resets{[](Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
    peer.reset();
  }};

  EXPECT_EQ(send({.url = server.url("/"), .total_timeout = Milliseconds{200}}).error,
            HttpError::timeout);
  EXPECT_EQ(get(resets.url("/")).error, HttpError::truncated);
}

// libcurl hangs up at 300 KB.
TEST_F(HttpTest, HeadersWithoutEnd) {
  const LoopbackServer server{[](Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\n");
    while (peer.send("X-Filler: " + std::string(1000, 'x') + "\r\n")) {
    }
  }};

  EXPECT_EQ(get(server.url("/")).error, HttpError::reset);
}

TEST_F(HttpTest, ALargeBodyToAServerThatHangsUp) {
  const LoopbackServer server{[](Peer& peer) {
    peer.read(10);
    peer.reset();
  }};

  const HttpResponse response =
      send({.method = "POST", .url = server.url("/"), .body = std::string(8U << 20U, 'x')});

  EXPECT_EQ(response.error, HttpError::reset);
}

TEST_F(HttpTest, RequestsThatCannotBeSent) {
  const std::vector<HttpRequest> requests{
      {.url = ""},
      {.url = "127.0.0.1/"},
      {.url = "file:///etc/passwd"},
      {.url = "http://127.0.0.1:99999/"},
      {.url = "http://127.0.0.1/a b\n"},
      {.method = "GET / HTTP/1.1\r\nX: ", .url = "http://127.0.0.1/"},
      {.method = "", .url = "http://127.0.0.1/"},
      {.url = "http://127.0.0.1/", .headers = {{"X", "1\r\nHost: other"}}},
      {.url = "http://127.0.0.1/", .headers = {{"X: 1\r\nY", "1"}}},
  };
  for (const HttpRequest& request : requests) {
    const HttpResponse response = send(request);
    EXPECT_EQ(response.error, HttpError::bad_url) << request.url;
    EXPECT_NE(response.error_text, "");
  }
}

TEST_F(HttpTest, NoErrorTellsASecretOfTheRequest) {
  const SilentPort nobody;
  const LoopbackServer hangs_up{once("")};
  const LoopbackServer silent{never_answers};
  const LoopbackServer cut{once("HTTP/1.1 200 OK\r\nContent-Length: 10\r\nX-T: hunter2\r\n\r\nx")};
  const LoopbackServer mail{once("hunter2")};
  const LoopbackServer elsewhere{once(answer("302 Found", "", "Location: ftp://hunter2/\r\n"))};
  const std::string long_name = std::string(64, 'x') + ".test";
  const std::vector<std::string> authorities{fmt::format("127.0.0.1:{}", nobody.port()),
                                             fmt::format("127.0.0.1:{}", hangs_up.port()),
                                             fmt::format("127.0.0.1:{}", silent.port()),
                                             fmt::format("127.0.0.1:{}", cut.port()),
                                             fmt::format("127.0.0.1:{}", mail.port()),
                                             fmt::format("127.0.0.1:{}", elsewhere.port()),
                                             long_name,
                                             "127.0.0.1:99999"};

  for (const std::string& authority : authorities) {
    const HttpResponse response =
        send({.url = "http://hunter2:hunter2@" + authority + "/bot-hunter2/?token=hunter2#hunter2",
              .headers = {{"Authorization", "Bearer hunter2"}},
              .total_timeout = Milliseconds{300},
              .follow_redirects = true});
    EXPECT_NE(response.error, HttpError::none) << authority;
    EXPECT_NE(response.error_text, "") << authority;
    EXPECT_THAT(response.error_text, Not(HasSubstr("hunter2"))) << authority;
  }
}

TEST_F(HttpTest, ARefusedConnectionIsTriedAgainWhateverTheMethod) {
  const SilentPort nobody;

  const HttpResponse response = send({.method = "POST",
                                      .url = nobody.url("/"),
                                      .body = "x",
                                      .retries = 2,
                                      .retry_pause = Milliseconds{1}});

  EXPECT_EQ(response.error, HttpError::refused);
  EXPECT_EQ(response.tries, 3);
}

TEST_F(HttpTest, ALostConnectionIsTriedAgainForGetOnly) {
  std::atomic<int> count = 0;
  const LoopbackServer server{[&](Peer& peer) {
    peer.read_request();
    if (++count % 2 == 0) peer.send(answer("200 OK", "x"));
  }};
  const Milliseconds pause{1};

  const HttpResponse got = send({.url = server.url("/"), .retries = 1, .retry_pause = pause});
  const HttpResponse posted = send(
      {.method = "POST", .url = server.url("/"), .body = "x", .retries = 1, .retry_pause = pause});

  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.tries, 2);
  EXPECT_EQ(posted.error, HttpError::reset);
  EXPECT_EQ(posted.tries, 1);
}

// libcurl by itself would send it again: the connection was kept and died.
TEST_F(HttpTest, APostIsNotSentTwiceWhenAKeptConnectionDies) {
  for (const std::string body : {"pay", ""}) {
    std::atomic<int> posts = 0;
    const LoopbackServer server{[&](Peer& peer) {
      while (true) {
        const std::string request = peer.read_request();
        if (request.starts_with("POST")) ++posts;
        if (!request.starts_with("GET") || !peer.send(answer("200 OK", "x"))) return;
      }
    }};
    get(server.url("/"));

    const HttpResponse response =
        send({.method = "POST", .url = server.url("/"), .body = body, .retries = 3});

    EXPECT_EQ(response.error, HttpError::reset) << body;
    EXPECT_EQ(posts, 1) << body;
  }
}

TEST_F(HttpTest, AGetSurvivesAKeptConnectionThatDied) {
  const LoopbackServer server{once(answer("200 OK", "x"))};

  EXPECT_EQ(get(server.url("/")).status, 200);
  EXPECT_EQ(get(server.url("/")).status, 200);
}

TEST_F(HttpTest, ThePauseEndsNoLaterThanTheTimeout) {
  const SilentPort nobody;

  const HttpResponse response = send({.url = nobody.url("/"),
                                      .total_timeout = Milliseconds{500},
                                      .retries = 3,
                                      .retry_pause = Milliseconds{60000}});

  EXPECT_EQ(response.error, HttpError::refused);
  EXPECT_EQ(response.tries, 1);
}

}  // namespace
}  // namespace lectio::testing
