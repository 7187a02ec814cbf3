#include "deploy_safe/verification.hpp"

#include <algorithm>
#include <array>

#include "alert/catalogue.hpp"
#include "check/scenario.hpp"
#include "io/procfs.hpp"
#include "site/build.hpp"
#include "site/health_checks.hpp"
#include "site/site_request.hpp"
#include "site/smoke.hpp"
#include "tool/output.hpp"

namespace lectio {
namespace {

constexpr Milliseconds longest_look{90'000};

// The machine's own, which no release changes, and the deploy itself.
constexpr std::array<std::string_view, 5> not_the_release{"disk", "inodes", "memory",
                                                          "response_time", "deploy_stuck"};

// How bad it is not to know lies between a warning and a failure.
int badness(Status status) {
  switch (status) {
    case Status::ok:
      return 0;
    case Status::warning:
      return 1;
    case Status::critical:
      return 3;
    default:
      return 2;
  }
}

bool belongs(std::string_view id) {
  return std::ranges::find(not_the_release, id) == not_the_release.end() &&
         !id.starts_with("unit:");
}

}  // namespace

Result<SeenChecks> Verification::look() {
  const auto scenario = smoke_scenario(config_);
  if (!scenario) return std::unexpected(scenario.error());
  ScenarioSettings settings = scenario_settings(config_);
  forbid_payments(settings);

  Selection health;
  for (const CheckInfo& check : health_checks(config_)) {
    if (belongs(check.id)) health.insert(check.id);
  }
  Selection business;
  for (const CheckInfo& check : scenario->checks()) business.insert(check.id);

  const Deadline deadline{clock_, longest_look};
  std::vector<Verdict> verdicts =
      run_health_checks(config_, health, {http_, systemd_, Procfs{}, clock_, deadline});
  std::ranges::move(run_scenario(*scenario, settings, business, http_, clock_, deadline),
                    std::back_inserter(verdicts));
  const NameLookup names = names_of(config_);
  SeenChecks seen;
  for (const Verdict& verdict : verdicts) {
    const ToldVerdict told = Catalogue::builtin().tell(verdict, lang_, names);
    seen[verdict.id] = {verdict.status, told.title + ": " + told.summary};
  }
  return seen;
}

std::string missing_from_site(const Config& config, Http& http, Clock& clock,
                              const std::string& index_html) {
  const std::vector<std::string> hosts = own_hosts(config);
  const Deadline deadline{clock, config.seconds("HTTP_TIMEOUT")};
  HttpRequest request = public_request(config, "/");
  request.headers.emplace_back("Cache-Control", "no-cache");
  const HttpResponse response = fetch(http, deadline, std::move(request));
  if (response.error != HttpError::none) return response.error_text;
  if (response.status != 200) return "HTTP " + std::to_string(response.status);
  if (response.body == index_html) return {};
  // Something between may add to the page, but not ask for other files.
  const auto wanted = build_assets(index_html, hosts);
  const auto served = build_assets(response.body, hosts);
  const auto missing = std::ranges::find_if(wanted, [&](const std::string& file) {
    return std::ranges::find(served, file) == served.end();
  });
  if (missing != wanted.end()) return *missing;
  return wanted.size() == served.size() && !wanted.empty() ? std::string{} : "index.html";
}

std::vector<std::string> worse(const std::map<std::string, Status>& before, const SeenChecks& now) {
  std::vector<std::string> found;
  std::vector<std::string> skipped;  // for another failed, which says more
  for (const auto& [id, seen] : now) {
    const auto was = before.find(id);
    const Status then = was == before.end() ? Status::ok : was->second;
    if (badness(seen.status) <= badness(then)) continue;
    (seen.status == Status::skipped ? skipped : found).push_back(seen.words);
  }
  return found.empty() ? skipped : found;
}

std::vector<std::string> failing(const SeenChecks& seen) {
  std::vector<std::string> found;
  for (const auto& [id, check] : seen) {
    if (check.status == Status::critical || check.status == Status::unknown) {
      found.push_back(check.words);
    }
  }
  return found;
}

std::map<std::string, Status> statuses(const SeenChecks& seen) {
  std::map<std::string, Status> result;
  for (const auto& [id, check] : seen) result.emplace(id, check.status);
  return result;
}

}  // namespace lectio
