// What the monitor keeps about the site, as metrics: incidents, what holds messages back, what
// waits to be sent, a deploy that goes on.
#pragma once

#include "base/clock.hpp"
#include "report/prometheus.hpp"
#include "site/config.hpp"
#include "tool/alerting.hpp"

namespace lectio {

// Of a run that began at `started`. One book, one outbox: they belong into the file of one tool,
// or sums over files would count them again and again.
void add_monitor(Metrics& metrics, const Config& config, Clock& clock, BootTime started,
                 const Alerting& alerting);

}  // namespace lectio
