#include "io/systemd.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace lectio {
namespace {

// With systemd as on a server, without it as in a container: both are answers.
TEST(Systemd, AnswersOnAnyMachine) {
  const auto systemd = make_systemd();
  const auto state = systemd->unit("lectio-no-such-unit");
  if (std::filesystem::is_directory("/run/systemd/system")) {
    ASSERT_TRUE(state);
    EXPECT_EQ(state->load_state, "not-found");
    EXPECT_EQ(state->main_pid, 0);
  } else {
    ASSERT_FALSE(state);
    EXPECT_EQ(state.error().kind, ErrorKind::io);
  }
}

}  // namespace
}  // namespace lectio
