// HTTP checks as data: a JSON scenario of steps, run as a graph on one Http.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "check/check.hpp"
#include "check/finding.hpp"
#include "check/scenario_step.hpp"
#include "io/http.hpp"

namespace lectio {

// Parsed and validated: unique ids (several steps may share one if each has a
// `when`: the first that applies runs), needs that exist, no circle.
class Scenario {
 public:
  // `name` is the file in messages. Errors (ErrorKind::config) name the step and the key.
  static Result<Scenario> parse(std::string_view json, const std::string& name);

  // This one and a further file's steps and logins; what has an id or a name of
  // this one's takes its place.
  Result<Scenario> extended(std::string_view json, const std::string& name) const;

  const std::vector<CheckInfo>& checks() const { return checks_; }  // by id, in the file's order
  const std::vector<Step>& steps() const { return steps_; }
  const std::vector<Cause>& causes() const { return causes_; }  // of every step, after its own

  // Null when the step is anonymous.
  const Login* login_of(const Step& step) const;
  // The step's own and the one that logs it in.
  std::vector<std::string> needs_of(const Step& step) const;

 private:
  static Result<Scenario> read(std::string_view json, const std::string& name);
  // Fills checks_.
  Result<void> validate(const std::string& name);

  std::vector<Step> steps_;
  std::vector<CheckInfo> checks_;
  Logins logins_;
  std::vector<Cause> causes_;
};

// Where a step's `base` points: scheme and authority, and how to get there.
struct Base {
  std::string url;  // "https://lectio.test", "http://127.0.0.1:8000"; of base "url" empty
  std::vector<std::pair<std::string, std::string>> headers;  // Host, X-Forwarded-Proto
  std::vector<std::string> connect_to;
  std::string unix_socket;
};

struct ScenarioSettings {
  std::map<std::string, Base, std::less<>> bases;
  // ${NAME} in paths, headers and bodies. Empty optional: not configured, and the
  // step that wants it is `unknown` (not_configured) naming the key.
  std::function<std::optional<std::string>(std::string_view name)> variable;
  std::vector<std::string> secrets;  // never to be seen in a fact; captured texts are added
  IpVersion ip = IpVersion::any;
  Milliseconds connect_timeout{5000};
  Milliseconds step_timeout{15000};  // of a step that names none
  int retries = 2;
};

// Everything whose needs are met runs at once. Returns a verdict for each selected id
// in the file's order.
std::vector<Verdict> run_scenario(const Scenario& scenario, const ScenarioSettings& settings,
                                  const Selection& selected, Http& http, Clock& clock,
                                  const Deadline& deadline);

}  // namespace lectio
