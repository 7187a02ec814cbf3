#include "site/config_remarks.hpp"

namespace lectio {

CheckInfo config_check() { return {.id = "config", .severity = Severity::medium}; }

Finding judge_config(const Config& config) {
  const auto& warnings = config.warnings();
  if (warnings.empty()) return {Outcome::good, "config_well", {}};
  return {Outcome::warning, "config_doubtful",
          Facts{}.set("count", warnings.size()).set("first", warnings.front())};
}

}  // namespace lectio
