// Requests against servers of 127.0.0.1, over the real engine.
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "io/http.hpp"
#include "io/loopback_server.hpp"

namespace lectio::testing {

class RealClock final : public Clock {
 public:
  WallTime wall() override { return std::chrono::system_clock::now(); }
  BootTime boot() override { return std::chrono::steady_clock::now().time_since_epoch(); }
  void sleep(Milliseconds) override { FAIL() << "the engine waits for sockets, never sleeps"; }
};

inline std::string answer(std::string_view status, std::string_view body,
                          std::string_view headers = "") {
  return fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\n{}\r\n{}", status, body.size(), headers,
                     body);
}

// Answers every request of every connection with the same bytes.
inline LoopbackServer::Script always(std::string bytes) {
  return [bytes = std::move(bytes)](Peer& peer) {
    while (!peer.read_request().empty() && peer.send(bytes)) {
    }
  };
}

// Answers the first request so, and then hangs up.
inline LoopbackServer::Script once(std::string bytes) {
  return [bytes = std::move(bytes)](Peer& peer) {
    peer.read_request();
    peer.send(bytes);
  };
}

// Takes the request and says nothing until the client has gone.
inline void never_answers(Peer& peer) {
  peer.read_request();
  peer.wait_until_closed();
}

class HttpTest : public ::testing::Test {
 protected:
  void use(HttpSettings settings) { http_ = make_http(clock_, std::move(settings)); }

  HttpResponse get(std::string url) { return send({.url = std::move(url)}); }
  HttpResponse send(HttpRequest request) {
    return fetch(*http_, Deadline{clock_, budget_}, std::move(request));
  }
  void run() { http_->run(Deadline{clock_, budget_}); }

  RealClock clock_;
  Milliseconds budget_{20000};
  std::unique_ptr<Http> http_ = make_http(clock_, {});
};

}  // namespace lectio::testing
