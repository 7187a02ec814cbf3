// A site without a network: answers as told, in time that is only counted.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "io/http.hpp"

namespace lectio {

class FakeTime final : public Clock {
 public:
  WallTime wall() override { return WallTime{std::chrono::seconds{1'800'000'000}} + passed_; }
  BootTime boot() override { return BootTime{passed_}; }
  void sleep(Milliseconds duration) override { passed_ += duration; }

 private:
  Milliseconds passed_{0};
};

// Answers every request at once, however many there are, each after its own time.
class FakeSite final : public Http {
 public:
  explicit FakeSite(FakeTime& time) : time_(time) {}

  // "GET /api/health/", "POST https://other.test/": the same answer each time.
  // Returns the one that this takes the place of.
  HttpResponse answer(const std::string& request, HttpResponse response,
                      Milliseconds after = Milliseconds{10});

  void start(HttpRequest request, Callback done) override;
  void run(const Deadline& deadline) override;

  // In the order in which they were sent: "GET /", "POST /api/jwt/token/".
  std::vector<std::string> asked() const;
  const HttpRequest& request(const std::string& name) const;
  std::size_t most_at_once() const { return most_at_once_; }

 private:
  struct Answer {
    HttpResponse response;
    Milliseconds after;
  };
  struct Flight {
    Callback done;
    HttpResponse response;
    Milliseconds after;
  };
  const Answer& answer_for(const HttpRequest& request) const;

  FakeTime& time_;
  std::map<std::string, Answer> answers_;
  std::vector<HttpRequest> requests_;
  std::multimap<Milliseconds, Flight> flights_;  // by when they end
  std::size_t most_at_once_ = 0;
};

HttpResponse json_answer(int status, std::string body);
HttpResponse page_answer(int status, std::string body);
HttpResponse file_answer(std::string type, std::string body);
HttpResponse redirect_answer(int status, std::string location);
HttpResponse no_answer(HttpError error);

// A token as SimpleJWT makes it, with this claims object.
std::string jwt(const std::string& claims);

}  // namespace lectio
