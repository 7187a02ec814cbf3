#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "deep_check/memory.hpp"

namespace lectio {
namespace {

namespace fs = std::filesystem;

class DeepMemoryTest : public ::testing::Test {
 protected:
  ~DeepMemoryTest() override { fs::remove_all(root_); }

  void save(std::uint64_t kills) {
    DeepMemory memory;
    memory.machine.oom_kills = kills;
    const auto saved = save_memory(places_, memory);
    EXPECT_TRUE(saved) << saved.error().message;
  }
  std::uint64_t load() {
    const auto memory = load_memory(places_, DryRun::off, notes_);
    EXPECT_TRUE(memory) << memory.error().message;
    return memory ? memory->machine.oom_kills.value_or(0) : 0;
  }

  const fs::path root_ =
      fs::path{::testing::TempDir()} / ("deep_memory_test." + std::to_string(::getpid()));
  const BookPlaces places_{root_ / "state/dir", root_ / "run.alerts"};
  std::vector<std::string> notes_;
};

// The book is kept in the second place too: what it has told must be known to have been seen.
TEST_F(DeepMemoryTest, IsKeptElsewhereWhileItsPlaceTakesNothing) {
  fs::create_directories(root_);
  std::ofstream{root_ / "state"} << "no directory";
  save(3);
  EXPECT_EQ(load(), 3U);
  fs::remove(root_ / "state");
  EXPECT_EQ(load(), 3U);
  save(4);
  EXPECT_EQ(load(), 4U);
  EXPECT_TRUE(fs::exists(root_ / "state/dir/deep_check.json"));
  EXPECT_FALSE(fs::exists(root_ / "run.alerts/deep_check.json")) << "it would hide what is newer";
}

TEST_F(DeepMemoryTest, WhatDoesNotParseIsSetAside) {
  save(5);
  std::ofstream{root_ / "state/dir/deep_check.json"} << "{";
  EXPECT_EQ(load(), 0U);
  EXPECT_EQ(notes_.size(), 1U);
  EXPECT_FALSE(fs::exists(root_ / "state/dir/deep_check.json"));
}

}  // namespace
}  // namespace lectio
