#include "site/smoke.hpp"

#include <fmt/format.h>

#include "io/file.hpp"
#include "site/site_request.hpp"

namespace lectio {
namespace embedded {
extern const std::string_view smoke_json;
}

namespace {

constexpr std::size_t largest_scenario = std::size_t{8} << 20U;  // bytes

Base base_of(HttpRequest request) {
  return {std::move(request.url), std::move(request.headers), std::move(request.connect_to),
          std::move(request.unix_socket)};
}

std::map<std::string, Base, std::less<>> bases_of(const Config& config) {
  const std::vector<std::string> connect_to = config.list("CONNECT_TO");
  return {{"site", {config.text("SITE_URL"), {}, connect_to, {}}},
          {"public", base_of(backend_request(config, ""))},
          {"backend", base_of(auth_backend_request(config, ""))},
          {"url", {{}, {}, connect_to, {}}}};
}

Result<void> require_known_bases(const Scenario& scenario, const Config& config,
                                 const std::string& file) {
  const auto bases = bases_of(config);
  for (const Step& step : scenario.steps()) {
    if (bases.contains(step.request.base)) continue;
    return fail(ErrorKind::config,
                fmt::format("{}: step {}: request.base: \"{}\" is not one of site, public, backend",
                            file, step.id, step.request.base));
  }
  return {};
}

}  // namespace

Result<Scenario> smoke_scenario(const Config& config) {
  auto scenario = Scenario::parse(embedded::smoke_json, "smoke.json");
  if (!scenario || !config.is_set("SMOKE_SCENARIO")) return scenario;
  const std::string file = config.text("SMOKE_SCENARIO");
  const auto text = read_file(file, largest_scenario);
  if (!text) return fail(ErrorKind::config, "SMOKE_SCENARIO: " + text.error().message);
  auto extended = scenario->extended(*text, file);
  if (!extended) return extended;
  if (auto known = require_known_bases(*extended, config, file); !known) {
    return std::unexpected(known.error());
  }
  return extended;
}

ScenarioSettings scenario_settings(const Config& config) {
  ScenarioSettings settings;
  settings.bases = bases_of(config);
  settings.variable = [&config](std::string_view name) { return config.variable(name); };
  settings.secrets = config.secrets();
  settings.ip = config.text("IP_VERSION") == "4" ? IpVersion::v4 : IpVersion::any;
  settings.connect_timeout = config.seconds("CONNECT_TIMEOUT");
  settings.step_timeout = config.seconds("HTTP_TIMEOUT");
  return settings;
}

void forbid_payments(ScenarioSettings& settings) {
  settings.variable = [configured = settings.variable](std::string_view name) {
    return name == "SMOKE_PAYMENT" ? std::optional<std::string>{"probe"} : configured(name);
  };
}

}  // namespace lectio
