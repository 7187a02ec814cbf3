// The smoke scenario of the site, and how its steps reach it.
#pragma once

#include "base/result.hpp"
#include "check/scenario.hpp"
#include "site/config.hpp"

namespace lectio {

// The built-in steps (smoke.json, embedded) and those of the file SMOKE_SCENARIO.
// Errors (ErrorKind::config) name the file, the step and the key.
Result<Scenario> smoke_scenario(const Config& config);

// Bases: `site` (SITE_URL), `public` (BACKEND_URL), `backend` (AUTH_BACKEND_URL), `url`.
// Refers to `config`, which must outlive it.
ScenarioSettings scenario_settings(const Config& config);

// Whatever the configuration says: the payment step is the probe that makes none.
void forbid_payments(ScenarioSettings& settings);

}  // namespace lectio
