#include "site/deploy_stuck.hpp"

#include <algorithm>

namespace lectio {

Finding judge_deploy(const Result<std::optional<DeployMarker>>& marker, Milliseconds grace,
                     std::optional<Milliseconds> spent, WallTime now) {
  if (!marker) {
    return {Outcome::bad, "deploy_marker_ignored", Facts{}.set("error", marker.error().message)};
  }
  if (!*marker) return {Outcome::good, "deploy_none", Facts{}.set("marker", false)};
  const DeployMarker& deploy = **marker;
  const auto age = now - deploy.touched;
  const auto lasts =
      std::max<WallTime::duration>(now - deploy.since, spent.value_or(Milliseconds{0}));
  Facts facts;
  facts.set("marker", true);
  if (!deploy.who.empty()) facts.set("who", deploy.who);
  if (!deploy.what.empty()) facts.set("what", deploy.what);
  facts.set("minutes", std::chrono::duration_cast<std::chrono::minutes>(lasts).count());
  const bool is_gone = deploy.alive == false;
  if (age <= grace && !spent) {
    return {Outcome::good, is_gone ? "deploy_gone" : "deploy_running", facts};
  }
  return {Outcome::bad, is_gone ? "deploy_died" : "deploy_stuck", facts};
}

}  // namespace lectio
