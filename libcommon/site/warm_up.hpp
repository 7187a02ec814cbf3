// A worker loads most of the site with its first request: how long that takes says nothing of the
// site, and is not to be judged.
#pragma once

#include "site/config.hpp"
#include "site/health_checks.hpp"

namespace lectio {

// As many requests at once as BACKEND_SERVICE has workers, until all of them are answered, with
// whatever status, or the deadline has passed.
void warm_up(const Config& config, const HealthDoors& doors);

}  // namespace lectio
