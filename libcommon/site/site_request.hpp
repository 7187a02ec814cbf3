// Requests to the configured site: where to, and how to get there.
#pragma once

#include <string_view>

#include "io/http.hpp"
#include "site/config.hpp"

namespace lectio {

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
