// The checks of the server itself: one table for every tool that must know.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "check/check.hpp"
#include "io/http.hpp"
#include "io/procfs.hpp"
#include "io/systemd.hpp"
#include "site/config.hpp"

namespace lectio {

std::vector<CheckInfo> health_checks(const Config& config);

// Of a unit, by its name.
bool is_database(std::string_view unit);

// What the probes look through.
struct HealthDoors {
  Http& http;
  Systemd& systemd;
  const Procfs& procfs;
  Clock& clock;
  const Deadline& deadline;
  // How long a bare deploy marker has been touched again and again that holds nothing back any
  // more.
  std::optional<Milliseconds> spent_marker = std::nullopt;
};

// A verdict for each selected id. Units come first, so that one that is just starting has
// been waited for when the site is asked.
std::vector<Verdict> run_health_checks(const Config& config, const Selection& selected,
                                       const HealthDoors& doors);

}  // namespace lectio
