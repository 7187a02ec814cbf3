// A deploy that holds the alerts back and does not end.
#pragma once

#include <optional>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "check/finding.hpp"
#include "site/deploy_marker.hpp"

namespace lectio {

// Codes: deploy_none, deploy_running, deploy_gone (ours, its process is gone); deploy_stuck (a bare
// marker older than `grace` or touched again and again for `spent`, or ours whose process lives and
// no longer refreshes it), deploy_died (ours, its process has been gone for `grace`),
// deploy_marker_ignored. Facts: marker, who, what, minutes.
Finding judge_deploy(const Result<std::optional<DeployMarker>>& marker, Milliseconds grace,
                     std::optional<Milliseconds> spent, WallTime now);

}  // namespace lectio
