#include "site/web_probe.hpp"

#include <fmt/format.h>

#include <utility>

#include "io/url.hpp"
#include "site/site_request.hpp"
#include "site/web.hpp"

namespace lectio {

WebRequests web_requests(const Config& config) {
  WebRequests requests{public_request(config, "/"),
                       internal_backend_request(config, "/api/health/"),
                       {},
                       std::nullopt};
  const auto site = parse_url(config.text("SITE_URL"));
  requests.inside.url = fmt::format("http://127.0.0.1:{}/", site ? site->port : 443);
  requests.inside.headers.emplace_back("Host", "/");
  requests.inside.total_timeout = config.seconds("CONNECT_TIMEOUT");
  requests.inside.keep_body = 0;
  requests.public_page.retries = 2;
  requests.public_page.keep_body = 0;
  requests.public_page.compressed = true;
  requests.backend.retries = 2;
  if (config.is_set("UPLINK_HOST")) {
    requests.uplink.emplace();
    requests.uplink->url = "https://" + config.text("UPLINK_HOST") + "/";
    requests.uplink->ip = requests.public_page.ip;
    requests.uplink->connect_timeout = config.seconds("CONNECT_TIMEOUT");
    requests.uplink->total_timeout = config.seconds("CONNECT_TIMEOUT");
    requests.uplink->keep_body = 0;
  }
  return requests;
}

void WebProbe::ask() {
  if (public_page_) return;
  http_.start(requests_.public_page,
              [this](HttpResponse response) { public_page_ = std::move(response); });
  http_.start(requests_.backend, [this](HttpResponse response) { backend_ = std::move(response); });
  http_.run(deadline_);
}

Finding WebProbe::backend() {
  ask();
  return judge_backend(requests_.backend, *backend_);
}

Finding WebProbe::public_page(const std::function<bool()>& is_nginx_active) {
  ask();
  Finding finding = judge_public_page(requests_.public_page, *public_page_);
  const bool is_timeout = public_page_->error == HttpError::timeout;
  if (!is_timeout && !may_be_network(*public_page_)) return finding;
  const Finding backend = judge_backend(requests_.backend, *backend_);
  if (backend.outcome != Outcome::good || !is_nginx_active()) return finding;
  if (is_timeout && is_silent(fetch(http_, deadline_, requests_.inside))) {
    finding.code = "nginx_silent";
    return finding;
  }
  return may_be_network(*public_page_) ? blame_network(std::move(finding)) : finding;
}

Finding WebProbe::blame_network(Finding finding) {
  finding.facts.set("failure", finding.code);
  finding.code = "network";
  finding.outcome = Outcome::warning;
  finding.severity = Severity::high;
  finding.critical_after = 3;
  if (requests_.uplink && !is_reached(fetch(http_, deadline_, *requests_.uplink))) {
    finding.code = "uplink_down";
    finding.outcome = Outcome::unknown;
    finding.critical_after = 0;
  }
  return finding;
}

Finding WebProbe::response_time(Milliseconds limit) {
  ask();
  return judge_response_time(*public_page_, limit);
}

}  // namespace lectio
