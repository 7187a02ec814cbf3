#include "deep_check/outside.hpp"

#include <fmt/chrono.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>

#include "base/ascii.hpp"
#include "check/scenario.hpp"
#include "io/file.hpp"
#include "io/json_fields.hpp"
#include "io/random.hpp"
#include "site/config_file.hpp"
#include "site/smoke.hpp"
#include "tool/alerting.hpp"

namespace lectio {
namespace embedded {
extern const std::string_view outside_json;
}  // namespace embedded

// As google-auth writes it.
struct DriveToken {
  std::string client_id;
  std::string client_secret;
  std::string refresh_token;
};

template <class Fields>
void describe(Fields& fields, DriveToken& token) {
  fields("client_id", token.client_id);
  fields("client_secret", token.client_secret);
  fields("refresh_token", token.refresh_token);
}

namespace {

constexpr std::array<std::string_view, 3> names{"stream", "gdrive", "zoom"};
constexpr std::size_t largest_token_file = 65536;  // bytes

// gdrive_read is of gdrive.
std::string_view check_of(std::string_view step) {
  const auto found =
      std::ranges::find_if(names, [&](std::string_view name) { return step.starts_with(name); });
  return found == names.end() ? step : *found;
}

const Scenario& scenario() {
  static const Scenario parsed = Scenario::parse(embedded::outside_json, "outside.json").value();
  return parsed;
}

// What people write where a key is wanted and they have none.
bool is_no_key(std::string_view value) {
  constexpr std::array<std::string_view, 7> fillers{"bad",         "test", "invalid", "demo",
                                                    "placeholder", "xxx",  "123"};
  return is_placeholder(value) || value.starts_with("YOUR_") || value == "..." ||
         std::ranges::find(fillers, lower(value)) != fillers.end();
}

// The weather of the internet, and of services that are not the site's: told when it lasts.
bool may_pass_by_itself(const Verdict& check) {
  constexpr std::array<std::string_view, 11> weather{
      "timeout",   "dns",          "refused",     "unreachable", "reset",       "truncated",
      "throttled", "server_error", "bad_gateway", "unavailable", "stream_drive"};
  const bool is_weather = std::ranges::find(weather, check.code) != weather.end();
  const bool is_the_sites_own = check.id == "stream" && check.code != "stream_drive" &&
                                check.code != "timeout" && check.code != "throttled";
  return is_weather && !is_the_sites_own;
}

int badness(const Verdict& step) {
  switch (step.status) {
    case Status::ok:
    case Status::skipped:
      return 0;
    case Status::unknown:
      return 1;
    case Status::warning:
      return 2;
    case Status::critical:
      return 3;
  }
  return 0;
}

// Nothing as a value: what config.env says of the name does not count.
using Access = std::map<std::string, std::optional<std::string>, std::less<>>;

Access drive_access(Run& run) {
  const std::string path = run.config.text("GDRIVE_TOKEN_FILE");
  if (path.empty() || !run.selected.contains("gdrive")) return {};
  const auto text = read_file(path, largest_token_file);
  const auto token = text ? parse_json_fields<DriveToken>(*text)
                          : Result<DriveToken>{std::unexpected(text.error())};
  if (!token) {
    run.notes.push_back("GDRIVE_TOKEN_FILE: " + token.error().message);
    return {};
  }
  Access access;
  for (const auto& [name, value] : {std::pair{"GDRIVE_CLIENT_ID", token->client_id},
                                    std::pair{"GDRIVE_CLIENT_SECRET", token->client_secret},
                                    std::pair{"GDRIVE_REFRESH_TOKEN", token->refresh_token}}) {
    if (is_no_key(value)) {
      run.notes.push_back(alert_phrase(run.config, "gdrive_no_keys", Facts{}.set("path", path)));
      return {{"GDRIVE_TOKEN_FILE", std::nullopt}};
    }
    if (!value.empty()) access.emplace(name, value);
  }
  return access;
}

ScenarioSettings settings_of(Run& run) {
  ScenarioSettings settings = scenario_settings(run.config);
  Access access = drive_access(run);
  for (const auto& [name, value] : access) {
    if (value) settings.secrets.push_back(*value);
  }
  access.emplace("PROBE", random_text(16, "0123456789abcdef").value_or("0"));
  // As Drive writes times. What is younger may be another installation's, which reads it just now.
  access.emplace(
      "HOUR_AGO",
      fmt::format("{:%FT%T}", std::chrono::floor<std::chrono::seconds>(run.clock.wall()) -
                                  std::chrono::hours{1}));
  settings.variable = [configured = settings.variable, access = std::move(access)](
                          std::string_view name) -> std::optional<std::string> {
    if (const auto found = access.find(name); found != access.end()) return found->second;
    auto value = configured(name);
    if (value && name.starts_with("ZOOM_") && is_no_key(*value)) return std::nullopt;
    return value;
  };
  return settings;
}

}  // namespace

std::vector<CheckInfo> outside_checks() {
  std::vector<CheckInfo> infos;
  for (const std::string_view name : names) {
    const auto& steps = scenario().checks();
    const auto own = std::ranges::find(steps, name, &CheckInfo::id);
    const auto first =
        std::ranges::find(steps, name, [](const CheckInfo& step) { return check_of(step.id); });
    CheckInfo info = *own;
    info.needs.clear();
    info.explained_by = first->explained_by;
    infos.push_back(std::move(info));
  }
  return infos;
}

std::vector<Verdict> told_as_one(const std::vector<Verdict>& steps) {
  std::vector<Verdict> checks;
  for (const std::string_view name : names) {
    std::vector<Verdict> own;
    std::ranges::copy_if(steps, std::back_inserter(own),
                         [&](const Verdict& step) { return check_of(step.id) == name; });
    if (own.empty()) continue;
    // The first of the worst; where none is bad, the check's own step, or why it had nothing to do.
    auto speaker = std::ranges::max_element(own, {}, badness);
    if (badness(*speaker) == 0) {
      speaker = std::ranges::find(own, name, &Verdict::id);
      if (speaker == own.end() || speaker->status == Status::skipped) {
        speaker = std::ranges::find(own, Status::skipped, &Verdict::status);
      }
    }
    Verdict told = *speaker;
    told.id = name;
    told.took =
        std::accumulate(own.begin(), own.end(), Milliseconds{0},
                        [](Milliseconds sum, const Verdict& step) { return sum + step.took; });
    checks.push_back(std::move(told));
  }
  return checks;
}

std::vector<Verdict> run_outside_checks(Run& run) {
  Selection steps;
  for (const CheckInfo& step : scenario().checks()) {
    if (run.selected.contains(check_of(step.id))) steps.insert(step.id);
  }
  if (steps.empty()) return {};
  std::vector<Verdict> checks = told_as_one(
      run_scenario(scenario(), settings_of(run), steps, run.http, run.clock, run.deadline));
  const std::vector<CheckInfo> infos = outside_checks();
  for (Verdict& check : checks) {
    check.explained_by = std::ranges::find(infos, check.id, &CheckInfo::id)->explained_by;
    if (may_pass_by_itself(check)) check.confirm_runs = 2;
  }
  return checks;
}

}  // namespace lectio
