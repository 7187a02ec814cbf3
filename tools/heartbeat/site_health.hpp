// The site's own word on its health: GET BACKEND_URL/api/health/.
#pragma once

#include "base/clock.hpp"
#include "check/finding.hpp"
#include "io/http.hpp"
#include "site/config.hpp"

namespace lectio {

// Good only for a JSON answer 200 that says the database is there: the front page of the
// SPA, which nginx gives for any path it does not know, is no health.
Finding probe_site_health(const Config& config, Http& http, const Deadline& deadline);

Finding judge_health_answer(const HttpResponse& response);

}  // namespace lectio
