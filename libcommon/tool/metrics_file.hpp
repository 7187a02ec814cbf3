// METRICS_DIR/lectio_TOOL.prom: a tool's metrics, for node_exporter's textfile collector.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "report/prometheus.hpp"
#include "site/config.hpp"

namespace lectio {

// The site by its name as the titles of messages have it.
Metrics begin_metrics(const Config& config, std::string_view tool);

// With INSTANCE: lectio_INSTANCE_TOOL.prom. Nothing where METRICS_DIR is not set. The error says
// what to do.
Result<void> write_metrics(const Config& config, std::string_view tool, const Metrics& metrics);

}  // namespace lectio
