// What a unit's state means for the site, and patience with one that is on its way.
#pragma once

#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "check/finding.hpp"
#include "io/systemd.hpp"

namespace lectio {

// Codes: unit_active, unit_failed, unit_stopped, unit_masked, unit_not_found, unit_broken,
// unit_activating, unit_deactivating, unit_reloading, unit_restarting,
// systemd_unreachable, no_systemd.
Finding judge_unit(const std::string& unit, const Result<UnitState>& state);

// Looks at units; all their waits together take no longer than `patience`.
class UnitProbe {
 public:
  UnitProbe(Systemd& systemd, Clock& clock, Milliseconds patience)
      : systemd_(systemd), clock_(clock), patience_(patience) {}

  Finding look(const std::string& unit);

 private:
  Systemd& systemd_;
  Clock& clock_;
  Milliseconds patience_;
};

}  // namespace lectio
