// The requests that tell the network's failures from the site's own.
#pragma once

#include <functional>
#include <optional>

#include "base/clock.hpp"
#include "check/finding.hpp"
#include "io/http.hpp"
#include "site/config.hpp"

namespace lectio {

struct WebRequests {
  HttpRequest public_page;  // SITE_URL/ as a visitor asks for it
  HttpRequest backend;      // the health endpoint, past nginx
  // To the site's port on this machine, without TLS and for no host that there could be: nginx
  // refuses it itself and at once, whatever the page is made of.
  HttpRequest inside;
  std::optional<HttpRequest> uplink;  // a host that has nothing to do with the site
};

WebRequests web_requests(const Config& config);

// The first two go out at once, when the first finding is asked for.
class WebProbe {
 public:
  WebProbe(Http& http, const Deadline& deadline, WebRequests requests)
      : http_(http), deadline_(deadline), requests_(std::move(requests)) {}

  Finding backend();
  // Codes beyond judge_public_page's, with nginx active and the backend fine: network (warning,
  // high: nobody could be reached), uplink_down (unknown: nor anything else outside) and
  // nginx_silent (connections are taken and not answered, here as well).
  Finding public_page(const std::function<bool()>& is_nginx_active);
  Finding response_time(Milliseconds limit);

 private:
  void ask();
  Finding blame_network(Finding finding);

  Http& http_;
  const Deadline& deadline_;
  WebRequests requests_;
  std::optional<HttpResponse> public_page_;
  std::optional<HttpResponse> backend_;
};

}  // namespace lectio
