#include "site/memory.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

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

TEST(LargestInMemory, SumsUpByProgram) {
  const std::string root = testing::TempDir() + "memory_test." + std::to_string(::getpid());
  const auto process = [&](int pid, const std::string& name, long pages, long shared) {
    const std::string directory = root + "/" + std::to_string(pid);
    std::filesystem::create_directories(directory);
    std::ofstream{directory + "/stat"} << pid << " (" << name << ") S 1 1 1";
    std::ofstream{directory + "/statm"} << "9999999 " << pages << " " << shared << " 1 0 1 0";
  };
  const long mebibyte_pages = (1 << 20) / ::sysconf(_SC_PAGESIZE);
  process(10, "gunicorn", 110 * mebibyte_pages, 10 * mebibyte_pages);
  process(11, "gunicorn", 60 * mebibyte_pages, 10 * mebibyte_pages);
  process(12, "node", 200 * mebibyte_pages, 0);
  process(13, "kthread", 0, 0);
  for (int i = 0; i < 5; ++i)
    process(20 + i, "other" + std::to_string(i), (10 + i) * mebibyte_pages, 0);
  EXPECT_EQ(largest_in_memory(Procfs{root}),
            "node 200, gunicorn ×2 150, other4 14, other3 13, other2 12");
  std::filesystem::remove_all(root);
}

}  // namespace
}  // namespace lectio
