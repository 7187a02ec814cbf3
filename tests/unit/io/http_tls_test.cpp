// TLS: who is trusted, what is wrong with the others, and HTTP/2.
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <latch>
#include <thread>

#include "io/http_fixture.hpp"

namespace lectio::testing {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class TlsTest : public HttpTest {
 protected:
  TlsTest() {
    std::filesystem::create_directories(directory_);
    std::ofstream{directory_ / authority_.hashed_name()} << authority_.pem();
    use({.ca_directory = directory_});
  }
  ~TlsTest() override { std::filesystem::remove_all(directory_); }

  // Starts `count` requests for the same url and waits for all.
  std::vector<HttpResponse> get_all(int count, const HttpRequest& request) {
    std::vector<HttpResponse> responses;
    for (int i = 0; i < count; ++i) {
      http_->start(request,
                   [&](HttpResponse response) { responses.push_back(std::move(response)); });
    }
    run();
    return responses;
  }

  const Authority authority_;
  const Identity localhost_ = authority_.issue("localhost");
  const std::filesystem::path directory_ =
      std::filesystem::path{::testing::TempDir()} / fmt::format("http_tls_test.{}", ::getpid());
};

TEST_F(TlsTest, TrustsAnAuthorityOfTheDirectory) {
  const LoopbackServer server{localhost_, always(answer("200 OK", "x"))};

  const HttpResponse response = get(server.url("/"));

  EXPECT_EQ(response.error, HttpError::none) << response.error_text;
  EXPECT_EQ(response.body, "x");
  EXPECT_GT(response.phases.tls, response.phases.connect);
}

TEST_F(TlsTest, TrustsAnAuthorityOfTheFile) {
  const std::string file = directory_ / "ca.pem";
  std::ofstream{file} << authority_.pem();
  use({.ca_directory = "", .ca_file = file});
  const LoopbackServer server{localhost_, always(answer("200 OK", "x"))};

  EXPECT_EQ(get(server.url("/")).error, HttpError::none);
}

TEST_F(TlsTest, TheFileIsInsteadOfTheDirectory) {
  const std::string file = directory_ / "ca.pem";
  std::ofstream{file} << Authority{"stranger.test"}.pem();
  use({.ca_directory = directory_, .ca_file = file});
  const LoopbackServer server{localhost_, always(answer("200 OK", "x"))};

  EXPECT_EQ(get(server.url("/")).error, HttpError::tls_untrusted);
}

TEST_F(TlsTest, AnAuthorityThatNobodyKnows) {
  const Identity stranger = Authority{"stranger.test"}.issue("localhost");
  const LoopbackServer server{stranger, always(answer("200 OK", "x"))};

  const HttpResponse response = get(server.url("/"));

  EXPECT_EQ(response.error, HttpError::tls_untrusted);
  EXPECT_EQ(response.status, 0);
}

TEST_F(TlsTest, ASelfSignedCertificate) {
  const Identity itself = self_signed("localhost");
  const LoopbackServer server{itself, always(answer("200 OK", "x"))};

  const HttpResponse response = get(server.url("/"));

  EXPECT_EQ(response.error, HttpError::tls_untrusted);
  EXPECT_THAT(response.error_text, HasSubstr("self-signed certificate"));
}

TEST_F(TlsTest, ACertificateThatHasExpired) {
  const Identity expired = authority_.issue("localhost", -1);
  const LoopbackServer server{expired, always(answer("200 OK", "x"))};

  const HttpResponse response = get(server.url("/"));

  EXPECT_EQ(response.error, HttpError::tls_expired);
  EXPECT_THAT(response.error_text, HasSubstr("certificate has expired"));
}

TEST_F(TlsTest, ACertificateForAnotherHost) {
  const Identity other = authority_.issue("other.test");
  const LoopbackServer server{other, always(answer("200 OK", "x"))};

  const HttpResponse response = get(server.url("/"));

  EXPECT_EQ(response.error, HttpError::tls_wrong_host);
  EXPECT_THAT(response.error_text, HasSubstr("'localhost'"));
}

TEST_F(TlsTest, APortThatDoesNotSpeakTls) {
  const LoopbackServer server{[](Peer& peer) {
    peer.send(answer("400 Bad Request", "x"));
    peer.wait_until_closed();
  }};

  EXPECT_EQ(get(fmt::format("https://127.0.0.1:{}/", server.port())).error, HttpError::tls);
}

TEST_F(TlsTest, ServersOfHttp1AreAskedAtOnceOverConnectionsOfTheirOwn) {
  std::latch asked{6};
  const LoopbackServer server{localhost_, [&](Peer& peer) {
                                peer.read_request();
                                asked.arrive_and_wait();
                                peer.send(answer("200 OK", "x"));
                              }};

  const auto responses = get_all(6, {.url = server.url("/")});

  EXPECT_THAT(responses, Each(::testing::Field(&HttpResponse::status, 200)));
  EXPECT_EQ(server.connections(), 6);
}

// Otherwise they would time out one after another.
TEST_F(TlsTest, NobodyWaitsLongForAHandshakeThatHangs) {
  std::latch connected{6};
  const LoopbackServer server{[&](Peer&) { connected.arrive_and_wait(); }};

  const auto responses = get_all(6, {.url = fmt::format("https://127.0.0.1:{}/", server.port())});

  EXPECT_THAT(responses, SizeIs(6));
  EXPECT_THAT(responses, Each(::testing::Field(&HttpResponse::error, HttpError::tls)));
}

// The little of HTTP/2 that a server needs to answer requests it does not read.
namespace http2 {

enum Type : char { data = 0, headers = 1, reset = 3, settings = 4 };
enum Flag : char { none = 0, ack = 1, end_stream = 1, end_headers = 4 };
constexpr std::string_view status_200 = "\x88";  // index 8 of HPACK's static table

std::string frame(char type, int flags, std::string_view stream, std::string_view payload) {
  const std::string head{'\0', '\0', static_cast<char>(payload.size()), type,
                         static_cast<char>(flags)};
  return head + std::string{stream} + std::string{payload};
}

// Shakes hands, then gives the streams of the next `count` requests.
std::vector<std::string> requests(Peer& peer, std::size_t count) {
  std::vector<std::string> streams;
  while (streams.size() < count) {
    const std::string head = peer.read(9);
    if (head.size() < 9) break;
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(head[at]); };
    peer.read(std::size_t{byte(1)} * 256 + byte(2));
    if (head[3] == headers) streams.push_back(head.substr(5));
    if (head[3] == settings && head[4] != ack) {
      peer.send(frame(settings, ack, head.substr(5), ""));
    }
  }
  return streams;
}

void greet(Peer& peer) {
  peer.read(24);  // the client's preface
  peer.send(frame(settings, none, std::string(4, '\0'), ""));
}

}  // namespace http2

TEST_F(TlsTest, OneConnectionOfHttp2CarriesAllRequests) {
  const LoopbackServer server{
      localhost_,
      [](Peer& peer) {
        http2::greet(peer);
        for (const std::string& stream : http2::requests(peer, 12)) {
          peer.send(http2::frame(http2::headers, http2::end_headers, stream, http2::status_200));
          peer.send(http2::frame(http2::data, http2::end_stream, stream, "hello"));
        }
        peer.wait_until_closed();
      },
      "h2"};

  const auto responses = get_all(12, {.url = server.url("/")});

  EXPECT_THAT(responses, SizeIs(12));
  EXPECT_THAT(responses, Each(::testing::Field(&HttpResponse::status, 200)));
  EXPECT_THAT(responses, Each(::testing::Field(&HttpResponse::body, "hello")));
  EXPECT_EQ(server.connections(), 1);
}

// nginx ends a connection after a thousand requests.
TEST_F(TlsTest, AfterAConnectionEndedOneNewOneCarriesTheRest) {
  std::atomic<int> connection{0};
  const LoopbackServer server{
      localhost_,
      [&](Peer& peer) {
        const std::size_t served = connection.fetch_add(1) == 0 ? 1 : 6;
        http2::greet(peer);
        for (const std::string& stream : http2::requests(peer, served)) {
          peer.send(http2::frame(http2::headers, http2::end_headers, stream, http2::status_200));
          peer.send(http2::frame(http2::data, http2::end_stream, stream, "hello"));
        }
        if (served > 1) peer.wait_until_closed();
      },
      "h2"};

  EXPECT_EQ(get(server.url("/")).status, 200);
  std::this_thread::sleep_for(std::chrono::milliseconds{300});  // the end has come here, too
  const auto responses = get_all(6, {.url = server.url("/")});

  EXPECT_THAT(responses, SizeIs(6));
  EXPECT_THAT(responses, Each(::testing::Field(&HttpResponse::status, 200)));
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(TlsTest, AStreamThatIsResetInsideTheBodyIsTruncated) {
  const std::string internal_error{"\0\0\0\2", 4};
  const LoopbackServer server{
      localhost_,
      [&](Peer& peer) {
        http2::greet(peer);
        for (const std::string& stream : http2::requests(peer, 1)) {
          peer.send(http2::frame(http2::headers, http2::end_headers, stream, http2::status_200));
          peer.send(http2::frame(http2::data, http2::none, stream, "half"));
          peer.send(http2::frame(http2::reset, http2::none, stream, internal_error));
        }
        peer.wait_until_closed();
      },
      "h2"};

  const HttpResponse response = get(server.url("/"));

  EXPECT_EQ(response.error, HttpError::truncated);
  EXPECT_EQ(response.body, "half");
}

}  // namespace
}  // namespace lectio::testing
