#include "site/site_request.hpp"

#include <algorithm>

#include "io/url.hpp"

namespace lectio {
namespace {

HttpRequest request_to(const Config& config, std::string_view base, std::string_view path) {
  HttpRequest request;
  request.url = config.text(base) + std::string{path};
  request.connect_timeout = config.seconds("CONNECT_TIMEOUT");
  request.total_timeout = config.seconds("HTTP_TIMEOUT");
  request.ip = config.text("IP_VERSION") == "4" ? IpVersion::v4 : IpVersion::any;
  request.connect_to = config.list("CONNECT_TO");
  return request;
}

HttpRequest request_past_nginx(const Config& config, std::string_view base, std::string_view path) {
  HttpRequest request = request_to(config, base, path);
  if (config.text(base) == config.text("INTERNAL_BACKEND_URL")) {
    request.unix_socket = config.text("BACKEND_SOCKET");
  }
  const auto url = parse_url(request.url);
  if (!request.unix_socket.empty() || (url && url->is_loopback())) {
    request.headers.emplace_back("Host", config.text("PUBLIC_HOST"));
    request.headers.emplace_back("X-Forwarded-Proto", "https");
  }
  return request;
}

}  // namespace

HttpSettings http_settings(const Config& config) {
  HttpSettings settings;
  settings.ca_directory = config.text("CA_DIRECTORY");
  settings.ca_file = config.text("CA_FILE");
  settings.max_parallel =
      static_cast<std::size_t>(std::max<std::int64_t>(1, config.integer("HTTP_PARALLEL")));
  settings.user_agent = "lectio-monitor/" LECTIO_VERSION;
  return settings;
}

std::vector<std::string> own_hosts(const Config& config) {
  const auto site = parse_url(config.text("SITE_URL"));
  return {site ? site->host_header() : "", config.text("PUBLIC_HOST")};
}

HttpRequest public_request(const Config& config, std::string_view path) {
  return request_to(config, "SITE_URL", path);
}

HttpRequest backend_request(const Config& config, std::string_view path) {
  return request_to(config, "BACKEND_URL", path);
}

HttpRequest auth_backend_request(const Config& config, std::string_view path) {
  return request_past_nginx(config, "AUTH_BACKEND_URL", path);
}

HttpRequest internal_backend_request(const Config& config, std::string_view path) {
  return request_past_nginx(config, "INTERNAL_BACKEND_URL", path);
}

}  // namespace lectio
