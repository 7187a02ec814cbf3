#include "report/prometheus.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace lectio {
namespace {

constexpr Metric status{"lectio_status", "How it is."};
constexpr Metric room{"lectio_room_bytes", "Back\\slash and\nline."};

TEST(PrometheusTest, TellsEachFamilyOnceAndItsSamplesTogether) {
  Metrics metrics{{{"site", "Lectio"}}};
  metrics.add(status, {{"check", "a"}}, 0);
  metrics.add(room, {}, 1.5);
  metrics.add(status, {{"check", "b"}}, 2);
  EXPECT_EQ(metrics.text(),
            "# HELP lectio_status How it is.\n"
            "# TYPE lectio_status gauge\n"
            "lectio_status{site=\"Lectio\",check=\"a\"} 0\n"
            "lectio_status{site=\"Lectio\",check=\"b\"} 2\n"
            "# HELP lectio_room_bytes Back\\\\slash and\\nline.\n"
            "# TYPE lectio_room_bytes gauge\n"
            "lectio_room_bytes{site=\"Lectio\"} 1.5\n");
}

TEST(PrometheusTest, EscapesWhatALabelCannotHold) {
  Metrics metrics{{{"site", "a\"b\\c\nd\xff"}}};
  metrics.add(status, {}, 1);
  EXPECT_NE(metrics.text().find("{site=\"a\\\"b\\\\c\\nd\xEF\xBF\xBD\"} 1\n"), std::string::npos)
      << metrics.text();
}

TEST(PrometheusTest, HasNoSeriesTwice) {
  Metrics metrics{{}};
  metrics.add(status, {{"check", "a"}}, 1);
  metrics.add(status, {{"check", "a"}}, 2);
  EXPECT_EQ(metrics.text(),
            "# HELP lectio_status How it is.\n# TYPE lectio_status gauge\n"
            "lectio_status{check=\"a\"} 1\n");
}

TEST(PrometheusTest, WritesNumbersAsPrometheusReadsThem) {
  const auto text_of = [](double value) {
    Metrics metrics{{}};
    metrics.add(status, {}, value);
    const std::string text = metrics.text();
    return text.substr(text.rfind(' ') + 1);
  };
  EXPECT_EQ(text_of(1795489836.125), "1795489836.125\n");
  EXPECT_EQ(text_of(2147483648.0), "2147483648\n");
  EXPECT_EQ(text_of(std::nan("")), "NaN\n");
  EXPECT_EQ(text_of(std::numeric_limits<double>::infinity()), "+Inf\n");
  EXPECT_EQ(text_of(-std::numeric_limits<double>::infinity()), "-Inf\n");
}

}  // namespace
}  // namespace lectio
