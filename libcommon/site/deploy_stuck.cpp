#include "site/deploy_stuck.hpp"

namespace lectio {

Finding judge_deploy(const Result<std::optional<DeployMarker>>& marker, Milliseconds grace,
                     WallTime now) {
  if (!marker) {
    return {Outcome::bad, "deploy_marker_ignored", Facts{}.set("error", marker.error().message)};
  }
  if (!*marker) return {Outcome::good, "deploy_none", Facts{}.set("marker", false)};
  const DeployMarker& deploy = **marker;
  const auto age = now - deploy.touched;
  Facts facts;
  facts.set("marker", true);
  if (!deploy.who.empty()) facts.set("who", deploy.who);
  if (!deploy.what.empty()) facts.set("what", deploy.what);
  facts.set("minutes",
            std::chrono::duration_cast<std::chrono::minutes>(now - deploy.since).count());
  if (age <= grace) return {Outcome::good, "deploy_running", facts};
  return {Outcome::bad, deploy.alive == false ? "deploy_died" : "deploy_stuck", facts};
}

}  // namespace lectio
