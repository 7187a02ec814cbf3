// METRICS_DIR/lectio_deploy_safe.prom: how the last deploy ended.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "report/prometheus.hpp"
#include "site/config.hpp"

namespace lectio {

struct DeployEnd {
  WallTime began{};
  WallTime ended{};
  int code = 0;  // the exit code
};

void add_deploy(Metrics& metrics, const DeployEnd& end);

Result<void> write_deploy_metrics(const Config& config, const DeployEnd& end);

}  // namespace lectio
