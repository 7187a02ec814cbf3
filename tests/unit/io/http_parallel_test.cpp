// Many transfers in one run.
#include <atomic>
#include <latch>

#include "io/http_fixture.hpp"

namespace lectio::testing {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::SizeIs;

// Nobody is answered before `clients` of them have asked.
LoopbackServer::Script together(std::latch& asked) {
  return [&asked](Peer& peer) {
    peer.read_request();
    asked.arrive_and_wait();
    peer.send(answer("200 OK", "x"));
  };
}

class ParallelHttpTest : public HttpTest {
 protected:
  void start(HttpRequest request, const std::string& name = "") {
    http_->start(std::move(request), [this, name](HttpResponse response) {
      order_.push_back(name);
      errors_.push_back(response.error);
      responses_.push_back(std::move(response));
    });
  }

  std::vector<std::string> order_;
  std::vector<HttpError> errors_;
  std::vector<HttpResponse> responses_;
};

TEST_F(ParallelHttpTest, RunsAtOnceWhatWasStarted) {
  std::latch asked{8};
  const LoopbackServer server{together(asked)};
  for (int i = 0; i < 8; ++i) start({.url = server.url("/")});

  run();

  EXPECT_THAT(errors_, SizeIs(8));
  EXPECT_THAT(errors_, Each(HttpError::none));
}

TEST_F(ParallelHttpTest, NoMoreAreInFlightThanAllowed) {
  use({.max_parallel = 3});
  std::atomic<int> now = 0;
  std::atomic<int> most = 0;
  const LoopbackServer server{[&](Peer& peer) {
    while (!peer.read_request().empty()) {
      const int running = ++now;
      if (running > most) most = running;
      std::this_thread::sleep_for(Milliseconds{2});
      --now;
      peer.send(answer("200 OK", "x"));
    }
  }};
  for (int i = 0; i < 30; ++i) start({.url = server.url("/")});

  run();

  EXPECT_THAT(errors_, SizeIs(30));
  EXPECT_THAT(errors_, Each(HttpError::none));
  EXPECT_LE(most, 3);
  EXPECT_LE(server.connections(), 3);
}

TEST_F(ParallelHttpTest, ACallbackMayStartMore) {
  const LoopbackServer server{always(answer("200 OK", "x"))};
  int answers = 0;
  http_->start({.url = server.url("/")}, [&](const HttpResponse&) {
    ++answers;
    http_->start({.url = "nonsense"}, [&](const HttpResponse&) {
      ++answers;
      http_->start({.url = server.url("/")}, [&](const HttpResponse&) { ++answers; });
    });
  });

  run();

  EXPECT_EQ(answers, 3);
}

TEST_F(ParallelHttpTest, NothingStartedIsNothingToWaitFor) {
  run();

  EXPECT_THAT(errors_, SizeIs(0));
}

TEST_F(ParallelHttpTest, APauseBetweenTriesHoldsUpNobody) {
  use({.max_parallel = 1});
  const SilentPort port;
  const LoopbackServer server{always(answer("200 OK", "x"))};
  start({.url = port.url("/"),
         .total_timeout = Milliseconds{1000},
         .retries = 1,
         .retry_pause = Milliseconds{200}},
        "paused");
  http_->start({.url = server.url("/")}, [&](const HttpResponse&) {
    order_.emplace_back("other");
    port.listen();
  });

  run();

  EXPECT_THAT(order_, ElementsAre("other", "paused"));
  EXPECT_EQ(responses_.at(0).tries, 2);
  EXPECT_EQ(responses_.at(0).error, HttpError::timeout) << "the port accepts now, and is silent";
}

TEST_F(ParallelHttpTest, TheDeadlineEndsWhatRunsAndWhatWaits) {
  use({.max_parallel = 2});
  budget_ = Milliseconds{200};
  const LoopbackServer silent{never_answers};
  start({.url = silent.url("/")});
  start({.url = silent.url("/")});
  start({.url = silent.url("/")});

  run();

  EXPECT_THAT(errors_, SizeIs(3));
  EXPECT_THAT(errors_, Each(HttpError::timeout));
  EXPECT_EQ(responses_.at(2).tries, 0);
  EXPECT_EQ(responses_.at(2).error_text, "the run's deadline passed before it began");
}

TEST_F(ParallelHttpTest, NoPauseGoesBeyondTheDeadline) {
  budget_ = Milliseconds{5000};
  const SilentPort nobody;
  start({.url = nobody.url("/"), .retries = 9, .retry_pause = Milliseconds{6000}});

  run();

  EXPECT_THAT(errors_, ElementsAre(HttpError::refused));
}

TEST_F(ParallelHttpTest, WhatStartsAfterTheDeadlineEndsAtOnce) {
  budget_ = Milliseconds{0};
  const LoopbackServer server{always(answer("200 OK", "x"))};
  http_->start({.url = server.url("/")},
               [&](const HttpResponse&) { start({.url = server.url("/")}); });

  run();

  EXPECT_THAT(errors_, ElementsAre(HttpError::timeout));
  EXPECT_EQ(server.connections(), 0);
}

TEST_F(ParallelHttpTest, AnEngineMayGoBeforeItsTransfersRan) {
  const LoopbackServer server{always(answer("200 OK", "x"))};
  start({.url = server.url("/")});

  http_.reset();

  EXPECT_THAT(errors_, SizeIs(0));
}

}  // namespace
}  // namespace lectio::testing
