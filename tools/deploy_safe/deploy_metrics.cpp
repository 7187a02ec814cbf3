#include "deploy_safe/deploy_metrics.hpp"

#include <algorithm>
#include <chrono>

#include "tool/metrics_file.hpp"

namespace lectio {
namespace {

constexpr Metric deploy_ended{"lectio_deploy_last_end_timestamp_seconds",
                              "When the last deploy ended."};
constexpr Metric deploy_duration{"lectio_deploy_last_duration_seconds", "How long it took."};
constexpr Metric deploy_status{
    "lectio_deploy_last_status",
    "0: the release serves and is verified; 2: rolled back or refused; 3: it could not run."};

}  // namespace

void add_deploy(Metrics& metrics, const DeployEnd& end) {
  metrics.add(deploy_ended, {}, unix_seconds(end.ended));
  metrics.add(deploy_duration, {},
              std::max(unix_seconds(end.ended) - unix_seconds(end.began), 0.0));
  metrics.add(deploy_status, {}, end.code);
}

Result<void> write_deploy_metrics(const Config& config, const DeployEnd& end) {
  constexpr const char* tool = "deploy_safe";
  Metrics metrics = begin_metrics(config, tool);
  add_deploy(metrics, end);
  return write_metrics(config, tool, metrics);
}

}  // namespace lectio
