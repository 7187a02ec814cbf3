#include "deploy_safe/deploy_metrics.hpp"

#include <gtest/gtest.h>

namespace lectio {
namespace {

TEST(DeployMetricsTest, TellHowTheLastOneEnded) {
  const WallTime began{std::chrono::seconds{1'795'489'836}};
  Metrics metrics{{}};
  add_deploy(metrics, {.began = began, .ended = began + std::chrono::seconds{40}, .code = 2});
  const std::string text = metrics.text();
  EXPECT_NE(text.find("lectio_deploy_last_end_timestamp_seconds{} 1795489876\n"),
            std::string::npos);
  EXPECT_NE(text.find("lectio_deploy_last_duration_seconds{} 40\n"), std::string::npos);
  EXPECT_NE(text.find("lectio_deploy_last_status{} 2\n"), std::string::npos);
}

}  // namespace
}  // namespace lectio
