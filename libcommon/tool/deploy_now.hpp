// The deploy that goes on now, as long as alerts are held back for it.
#pragma once

#include <optional>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "site/config.hpp"
#include "site/deploy_marker.hpp"

namespace lectio {

// A bare marker that is touched again and again counts for no longer than the policy lets it: for
// how long it has been touched by then. Empty: there is none, or the book remembers none.
std::optional<Milliseconds> spent_marker(const Config& config, Clock& clock);

// active_deploy() without what spent_marker() has found.
Result<std::optional<DeployMarker>> deploy_under_way(const Config& config, Clock& clock);

}  // namespace lectio
