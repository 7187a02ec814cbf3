// Cron starts the tools in the same second, and any of them may be first.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "alert/play.hpp"
#include "alert/small_site.hpp"

namespace lectio {
namespace {

using test::Chat;
using test::FaultKind;
using test::ToolRow;

struct Trouble {
  const FaultKind* kind;
  int from;  // minutes
  int to;
};

constexpr int played = 115;

// One to three faults within the first hour.
std::vector<Trouble> troubles(std::mt19937& random) {
  const auto up_to = [&](int most) { return std::uniform_int_distribution<>{0, most}(random); };
  std::vector<Trouble> found;
  for (int left = 1 + up_to(2); left > 0; --left) {
    const auto& kinds = test::fault_kinds();
    const auto& kind = kinds[static_cast<std::size_t>(up_to(static_cast<int>(kinds.size()) - 1))];
    const int from = up_to(20);
    found.push_back({&kind, from, from + 5 + up_to(40)});
  }
  return found;
}

char look(const std::vector<Trouble>& all, const std::string& check, int minute) {
  char seen = '+';
  for (const Trouble& trouble : all) {
    if (minute < trouble.from || minute >= trouble.to) continue;
    for (const auto& [id, looks] : trouble.kind->checks) {
      if (id == check) seen = test::worse(seen, looks);
    }
  }
  return seen;
}

// The incidents that were: cause, checks and how often each was heard.
std::multiset<std::string> heard(const std::vector<Trouble>& all,
                                 const std::vector<const ToolRow*>& order) {
  Chat chat;
  chat.settings.reminders.clear();  // one that falls due in the minute of the end is told or not
  for (int minute = 0; minute < played; ++minute) {
    Milliseconds spent{0};
    for (const ToolRow* tool : order) {
      if (minute % (tool->period / std::chrono::minutes{1}) != tool->minute) continue;
      std::vector<test::Seen> seen;
      for (const test::CheckRow& check : tool->checks) {
        seen.push_back({check.id, look(all, check.id, minute), check.severity, check.explained_by});
      }
      chat.run(tool->name, seen);
      chat.pass(std::chrono::seconds{1});
      spent += std::chrono::seconds{1};
    }
    chat.pass(std::chrono::minutes{1} - spent);
  }
  EXPECT_TRUE(chat.book.incidents.empty());
  std::multiset<std::string> incidents;
  for (const PastIncident& past : chat.past) {
    const std::set<std::string> checks(past.checks.begin(), past.checks.end());
    std::string sounds;
    for (const Event& event : chat.told) {
      const bool ours = event.view.incident.id == past.id;
      if (ours && event.kind != EventKind::changed) sounds += test::sign(event);
    }
    incidents.insert(fmt::format("{} [{}] {}", past.cause_id, fmt::join(checks, " "), sounds));
  }
  return incidents;
}

TEST(Order, WhichToolIsFirstInAMinuteChangesNothing) {
  std::mt19937 random{7};
  int told = 0;
  for (int round = 0; round < 25; ++round) {
    const std::vector<Trouble> all = troubles(random);
    std::string what;
    for (const Trouble& trouble : all) {
      what += fmt::format("{} {}-{}, ", trouble.kind->name, trouble.from, trouble.to);
    }
    std::vector<const ToolRow*> order;
    for (const ToolRow& tool : test::tools()) order.push_back(&tool);
    const auto first = heard(all, order);
    told += static_cast<int>(first.size());
    for (int shuffle = 0; shuffle < 4; ++shuffle) {
      std::ranges::shuffle(order, random);
      std::string names;
      for (const ToolRow* tool : order) names += tool->name + " ";
      EXPECT_EQ(heard(all, order), first) << what << names;
    }
  }
  EXPECT_GT(told, 20);
}

}  // namespace
}  // namespace lectio
