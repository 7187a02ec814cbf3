// A deploy that holds the alerts back and does not end.
#pragma once

#include <optional>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "check/finding.hpp"
#include "site/deploy_marker.hpp"

namespace lectio {

// Codes: deploy_none, deploy_running; deploy_stuck (a bare marker older than `grace`, or ours
// whose process lives and no longer refreshes it), deploy_died (ours, its process is gone, and
// has been for `grace`), deploy_marker_ignored. Facts: marker, who, what, minutes.
Finding judge_deploy(const Result<std::optional<DeployMarker>>& marker, Milliseconds grace,
                     WallTime now);

}  // namespace lectio
