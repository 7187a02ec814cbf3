#include "site/memory.hpp"

#include <gtest/gtest.h>

#include "site/server_fakes.hpp"

namespace lectio {
namespace {

using server_fakes::fact;
using server_fakes::told;

constexpr std::uint64_t mebibyte = 1U << 20U;

Finding judged(std::uint64_t available_mb) {
  const MemoryInfo memory{2000 * mebibyte, available_mb * mebibyte, 1000 * mebibyte,
                          400 * mebibyte};
  return judge_memory(memory, {256, 100});
}

TEST(JudgeMemory, WarnsAndCriesByWhatIsAvailable) {
  EXPECT_EQ(told(judged(256)), "good memory_free");
  EXPECT_EQ(told(judged(255)), "warning memory_low");
  EXPECT_EQ(told(judged(100)), "warning memory_low");
  EXPECT_EQ(told(judged(99)), "critical memory_exhausted");
}

TEST(JudgeMemory, NamesSwapAsAFact) {
  const Finding finding = judged(1000);
  EXPECT_EQ(fact(finding.facts, "available_mb"), "1000");
  EXPECT_EQ(fact(finding.facts, "total_mb"), "2000");
  EXPECT_EQ(fact(finding.facts, "swap_used_mb"), "600");
  EXPECT_EQ(fact(finding.facts, "swap_total_mb"), "1000");
}

TEST(JudgeMemory, CannotTellWithoutMeminfo) {
  EXPECT_EQ(told(judge_memory(fail(ErrorKind::io, "no /proc"), {})), "unknown memory_unreadable");
}

}  // namespace
}  // namespace lectio
