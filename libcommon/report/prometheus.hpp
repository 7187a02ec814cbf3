// What was measured, in the text form that Prometheus reads.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"

namespace lectio {

// Its name has the unit: _seconds, _bytes, _ratio. All of them are gauges: nothing is counted
// over runs.
struct Metric {
  std::string_view name;
  std::string_view help;
};

// Of a metric that is a time; to the millisecond, as times are kept in files.
double unix_seconds(WallTime time);

using MetricLabels = std::vector<std::pair<std::string_view, std::string>>;

// The samples of one document.
class Metrics {
 public:
  // Labels that every sample has.
  explicit Metrics(MetricLabels common) : common_(std::move(common)) {}

  // Of two samples with the same labels the first counts.
  void add(const Metric& metric, const MetricLabels& labels, double value);

  // Each family once, in the order of its first sample. Without time stamps: node_exporter refuses
  // a file that has any.
  std::string text() const;

 private:
  struct Family {
    Metric metric;
    std::string samples;
    std::set<std::string> labels;
  };

  MetricLabels common_;
  std::vector<Family> families_;
};

}  // namespace lectio
