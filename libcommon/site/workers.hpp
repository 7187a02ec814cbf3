// Gunicorn's workers: the children of the unit's main process, nobody else's.
#pragma once

#include <sys/types.h>

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "check/finding.hpp"
#include "io/procfs.hpp"
#include "io/systemd.hpp"

namespace lectio {

// By their process ids; empty also where the unit cannot be asked for.
std::set<pid_t> living_workers(const std::string& unit, Systemd& systemd, const Procfs& procfs);

// Zombies do not work. Codes: workers_ok, workers_few, workers_none.
Finding judge_workers(const std::vector<Process>& children, std::optional<int> configured);

// `configured`: empty asks gunicorn's own configuration (configured_workers). Too few are looked at
// again for up to 3 s: gunicorn replaces a worker within one. Further codes: workers_no_main_pid,
// workers_unreadable, and those of a unit that could not be asked for.
Finding probe_workers(const std::string& unit, std::optional<int> configured, Systemd& systemd,
                      const Procfs& procfs, Clock& clock);

}  // namespace lectio
