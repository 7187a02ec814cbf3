// Requests to the configured site: where to, and how to get there.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "io/http.hpp"
#include "site/config.hpp"

namespace lectio {

HttpSettings http_settings(const Config& config);

// The hosts that are ours, as in a Host header: of SITE_URL first, then PUBLIC_HOST.
std::vector<std::string> own_hosts(const Config& config);

// GET SITE_URL + path, as a visitor's browser gets there.
HttpRequest public_request(const Config& config, std::string_view path);

// The same at BACKEND_URL.
HttpRequest backend_request(const Config& config, std::string_view path);

// The same at AUTH_BACKEND_URL. When that is this machine (or BACKEND_SOCKET leads to it), the
// headers say what nginx would: the public host, and https, or Django redirects.
HttpRequest auth_backend_request(const Config& config, std::string_view path);

// The same at INTERNAL_BACKEND_URL: gunicorn itself, past nginx.
HttpRequest internal_backend_request(const Config& config, std::string_view path);

}  // namespace lectio
