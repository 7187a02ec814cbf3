#include "alert/ping.hpp"

#include <algorithm>
#include <array>

#include "io/url.hpp"

namespace lectio {
namespace {

constexpr int most_tries = 3;
constexpr Milliseconds first_pause{1000};

std::string target(const Ping& ping) {
  if (ping.kind == PingKind::success) return ping.url;
  std::string url = ping.url;
  std::size_t end = std::min(url.find('?'), url.size());
  while (end > 0 && url[end - 1] == '/') url.erase(--end, 1);
  return url.insert(end, "/fail");
}

bool may_go_better(const HttpResponse& response) {
  switch (response.error) {
    case HttpError::none: {
      constexpr std::array passing{408, 429, 500, 502, 503, 504};
      return std::ranges::find(passing, response.status) != passing.end();
    }
    case HttpError::dns:
    case HttpError::refused:
    case HttpError::unreachable:
    case HttpError::reset:
    case HttpError::timeout:
    case HttpError::truncated:
      return true;
    default:
      return false;
  }
}

// The body counts: hc-ping.com says "OK (rate-limited)" and "OK (not found)" with 200.
Finding judge_answer(const HttpResponse& response, Facts facts) {
  if (response.error != HttpError::none) {
    facts.set("error", std::string{to_string(response.error)}).set("detail", response.error_text);
    return {Outcome::bad, "ping_failed", facts};
  }
  facts.set("status", response.status);
  const auto says = [&](std::string_view words) {
    return response.body.find(words) != std::string::npos;
  };
  if (response.status == 429 || says("rate-limited")) {
    return {Outcome::warning, "ping_rate_limited", facts};
  }
  if (response.status == 404 || says("not found")) {
    return {Outcome::bad, "ping_unknown_check", facts};
  }
  if (response.status == 200 || response.status == 201) return {Outcome::good, "pinged", facts};
  if (response.status == 400 || response.status == 409) {
    return {Outcome::bad, "ping_bad_url", facts};
  }
  return {Outcome::bad, "ping_refused", facts};
}

}  // namespace

std::string ping_host(const std::string& url) {
  const auto parts = parse_url(url);
  return parts ? parts->host : "?";
}

Finding send_ping(const Ping& ping, Http& http, Clock& clock, const Deadline& deadline) {
  HttpRequest request;
  request.method = "POST";
  request.url = target(ping);
  request.headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
  request.body = ping.body;
  request.connect_timeout = std::min(ping.timeout, request.connect_timeout);
  request.max_body = 65536;
  request.keep_body = 1024;

  HttpResponse response;
  int tries = 0;
  for (Milliseconds pause = first_pause;; pause += first_pause) {
    request.total_timeout = std::min(ping.timeout, deadline.left());
    response = fetch(http, deadline, request);
    ++tries;
    if (!may_go_better(response) || tries == most_tries || deadline.left() <= pause) break;
    clock.sleep(pause);
  }
  return judge_answer(response, Facts{}.set("host", ping_host(ping.url)).set("tries", tries));
}

}  // namespace lectio
