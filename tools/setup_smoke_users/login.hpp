// Proves an account the way the checks use it: POST /api/jwt/token/.
#pragma once

#include "base/clock.hpp"
#include "check/finding.hpp"
#include "io/http.hpp"
#include "setup_smoke_users/seed.hpp"
#include "site/config.hpp"

namespace lectio {

// Good when the token says the role of the user. Sent once: five wrong passwords lock the
// account.
Finding probe_login(const Config& config, const SmokeUser& user, Http& http, Clock& clock,
                    const Deadline& deadline);

Finding judge_login_answer(const HttpResponse& response, const SmokeUser& user, WallTime now);

}  // namespace lectio
