// Does the site answer from outside, does its backend answer from inside, and how fast?
#pragma once

#include <string>

#include "base/clock.hpp"
#include "check/finding.hpp"
#include "io/http.hpp"

namespace lectio {

// Any failure of the connection has HttpError's name as its code; other codes:
// page_ok, page_empty, not_html and those of a status that is not 200: redirect_slash,
// redirect_loop, redirect_https, redirect, bad_request, forbidden, not_found, bad_gateway,
// unavailable, server_error, http_status.
Finding judge_public_page(const HttpRequest& request, const HttpResponse& response);

// Of GET /api/health/. Codes as above and: backend_ok, database_down, not_json, bad_answer.
Finding judge_backend(const HttpRequest& request, const HttpResponse& response);

// Codes: response_fast, response_slow.
Finding judge_response_time(const HttpResponse& response, Milliseconds limit);

// The public failure could be the network's between us and the site: nobody took the
// connection. What was connected and then failed is the site's own.
bool may_be_network(const HttpResponse& response);

// Connected, and then nothing, to a request without TLS (libcurl counts the handshake as a part of
// connecting).
bool is_silent(const HttpResponse& response);

// An answer, or a connection at least, from a host that has nothing to do with the site.
bool is_reached(const HttpResponse& response);

}  // namespace lectio
