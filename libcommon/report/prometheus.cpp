#include "report/prometheus.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/utf8.hpp"

namespace lectio {
namespace {

std::string escaped_value(std::string_view text) {
  std::string escaped;
  for (const char c : valid_utf8(text)) {
    if (c == '\n') {
      escaped += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string escaped_help(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\n') {
      escaped += "\\n";
    } else {
      escaped += c == '\\' ? "\\\\" : std::string(1, c);
    }
  }
  return escaped;
}

std::string number_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

}  // namespace

double unix_seconds(WallTime time) {
  const auto whole = std::chrono::floor<Milliseconds>(time.time_since_epoch());
  return std::chrono::duration<double>(whole).count();
}

void Metrics::add(const Metric& metric, const MetricLabels& labels, double value) {
  std::string text;
  const auto append = [&](const MetricLabels& some) {
    for (const auto& [name, label] : some) {
      text += fmt::format("{}{}=\"{}\"", text.empty() ? "" : ",", name, escaped_value(label));
    }
  };
  append(common_);
  append(labels);
  auto family = std::ranges::find(families_, metric.name,
                                  [](const Family& known) { return known.metric.name; });
  if (family == families_.end()) family = families_.insert(family, Family{metric, {}, {}});
  if (!family->labels.insert(text).second) return;
  family->samples += fmt::format("{}{{{}}} {}\n", metric.name, text, number_text(value));
}

std::string Metrics::text() const {
  std::string text;
  for (const Family& family : families_) {
    text += fmt::format("# HELP {0} {1}\n# TYPE {0} gauge\n{2}", family.metric.name,
                        escaped_help(family.metric.help), family.samples);
  }
  return text;
}

}  // namespace lectio
