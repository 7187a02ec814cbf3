// A network of our own: answers by address, in turn, and remembers what was asked.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "io/http.hpp"

namespace lectio {

class ScriptedHttp final : public Http {
 public:
  // The next answer to requests for `url`; the last one is given again and again.
  void answer(const std::string& url, int status, std::string body,
              std::string content_type = "application/json") {
    HttpResponse response;
    response.status = status;
    response.body_size = body.size();
    response.body = std::move(body);
    response.headers.emplace_back("content-type", std::move(content_type));
    answers_[url].push_back(std::move(response));
  }
  void break_down(const std::string& url, HttpError error) {
    HttpResponse response;
    response.error = error;
    response.error_text = "broken by the test";
    answers_[url].push_back(std::move(response));
  }

  void start(HttpRequest request, Callback done) override {
    waiting_.emplace_back(std::move(request), std::move(done));
  }
  void run(const Deadline& /*deadline*/) override {
    while (!waiting_.empty()) {
      auto [request, done] = std::move(waiting_.front());
      waiting_.pop_front();
      asked.push_back(request);
      done(next(request.url));
    }
  }

  std::vector<HttpRequest> to(const std::string& url) const {
    std::vector<HttpRequest> found;
    for (const HttpRequest& request : asked) {
      if (request.url == url) found.push_back(request);
    }
    return found;
  }

  std::vector<HttpRequest> asked;

 private:
  HttpResponse next(const std::string& url) {
    auto& answers = answers_[url];
    if (answers.empty()) {
      HttpResponse nobody;
      nobody.error = HttpError::dns;
      nobody.error_text = "no answer was scripted";
      return nobody;
    }
    HttpResponse response = answers.front();
    if (answers.size() > 1) answers.pop_front();
    return response;
  }

  std::map<std::string, std::deque<HttpResponse>, std::less<>> answers_;
  std::deque<std::pair<HttpRequest, Callback>> waiting_;
};

}  // namespace lectio
