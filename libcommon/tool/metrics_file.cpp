#include "tool/metrics_file.hpp"

#include <fmt/format.h>

#include "io/file.hpp"
#include "tool/alerting.hpp"

namespace lectio {

Metrics begin_metrics(const Config& config, std::string_view tool) {
  return Metrics{{{"site", message_style(config).site}, {"tool", std::string{tool}}}};
}

Result<void> write_metrics(const Config& config, std::string_view tool, const Metrics& metrics) {
  if (!config.is_set("METRICS_DIR")) return {};
  std::string name = "lectio_";
  if (config.is_set("INSTANCE")) name += config.text("INSTANCE") + "_";
  name += fmt::format("{}.prom", tool);
  // The directory is node_exporter's account's, or in one that is.
  const auto written = publish_file(config.text("METRICS_DIR"), name, metrics.text(), 0644);
  if (written) return {};
  return fail(ErrorKind::io, fmt::format("no metrics: {}: see METRICS_DIR in {}",
                                         written.error().message, config.path()));
}

}  // namespace lectio
