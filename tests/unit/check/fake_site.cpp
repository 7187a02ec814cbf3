#include "check/fake_site.hpp"

#include <stdexcept>
#include <utility>

namespace lectio {
namespace {

std::string name_of(const HttpRequest& request) {
  std::string target = request.url;
  for (const std::string base : {"https://lectio.test", "http://127.0.0.1:8000"}) {
    if (target.starts_with(base)) target = target.substr(base.size());
  }
  return request.method + " " + target;
}

HttpResponse answer_with(int status, std::string type, std::string body) {
  HttpResponse response;
  response.status = status;
  response.headers = {{"content-type", std::move(type)}};
  response.body_size = body.size();
  response.body = std::move(body);
  return response;
}

std::string base64url(const std::string& text) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string result;
  unsigned held = 0;
  unsigned bits = 0;
  for (const char c : text) {
    held = (held << 8U) | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 6; bits -= 6) result += alphabet[(held >> (bits - 6)) & 63U];
  }
  if (bits > 0) result += alphabet[(held << (6 - bits)) & 63U];
  return result;
}

}  // namespace

HttpResponse FakeSite::answer(const std::string& request, HttpResponse response,
                              Milliseconds after) {
  return std::exchange(answers_[request], {std::move(response), after}).response;
}

const FakeSite::Answer& FakeSite::answer_for(const HttpRequest& request) const {
  const auto found = answers_.find(name_of(request));
  if (found == answers_.end()) throw std::logic_error{"nobody expected " + name_of(request)};
  return found->second;
}

void FakeSite::start(HttpRequest request, Callback done) {
  const Answer& answer = answer_for(request);
  Flight flight{std::move(done), answer.response, answer.after};
  if (flight.after > request.total_timeout) {
    flight.after = request.total_timeout;
    flight.response = no_answer(HttpError::timeout);
  }
  flight.response.body = flight.response.body.substr(0, request.keep_body);
  const Milliseconds end = std::chrono::duration_cast<Milliseconds>(time_.boot()) + flight.after;
  requests_.push_back(std::move(request));
  flights_.emplace(end, std::move(flight));
  most_at_once_ = std::max(most_at_once_, flights_.size());
}

void FakeSite::run(const Deadline& deadline) {
  while (!flights_.empty()) {
    auto node = flights_.extract(flights_.begin());
    const auto wait = node.key() - std::chrono::duration_cast<Milliseconds>(time_.boot());
    Flight& flight = node.mapped();
    if (wait > deadline.left()) flight.response = no_answer(HttpError::timeout);
    time_.sleep(std::max(Milliseconds{0}, std::min(wait, deadline.left())));
    flight.response.phases.total = flight.after;
    flight.done(std::move(flight.response));
  }
}

std::vector<std::string> FakeSite::asked() const {
  std::vector<std::string> names;
  names.reserve(requests_.size());
  for (const HttpRequest& request : requests_) names.push_back(name_of(request));
  return names;
}

const HttpRequest& FakeSite::request(const std::string& name) const {
  for (const HttpRequest& request : requests_) {
    if (name_of(request) == name) return request;
  }
  throw std::logic_error{"nobody asked " + name};
}

HttpResponse json_answer(int status, std::string body) {
  return answer_with(status, "application/json", std::move(body));
}

HttpResponse page_answer(int status, std::string body) {
  return answer_with(status, "text/html; charset=utf-8", std::move(body));
}

HttpResponse file_answer(std::string type, std::string body) {
  return answer_with(200, std::move(type), std::move(body));
}

HttpResponse redirect_answer(int status, std::string location) {
  HttpResponse response = page_answer(status, "");
  response.location = std::move(location);
  return response;
}

HttpResponse no_answer(HttpError error) {
  HttpResponse response;
  response.error = error;
  response.error_text = "the network's words";
  return response;
}

std::string jwt(const std::string& claims) {
  return base64url(R"({"alg":"HS256","typ":"JWT"})") + "." + base64url(claims) + "." +
         base64url("a signature of thirty-two bytes.");
}

}  // namespace lectio
