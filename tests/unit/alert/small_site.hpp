// A site of a few checks for the policy's tests, and what can go wrong there.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "alert/policy.hpp"

namespace lectio::test {

struct CheckRow {
  std::string id;
  Severity severity;
  std::vector<std::string> explained_by;
};

struct ToolRow {
  std::string name;
  Milliseconds period;
  int minute;  // of its period
  std::vector<CheckRow> checks;
};

// What a fault does to which checks; the first is its root.
struct FaultKind {
  std::string name;
  std::vector<std::pair<std::string, char>> checks;
};

const std::vector<ToolRow>& tools();
const std::vector<FaultKind>& fault_kinds();

// + ok, s skipped, ? unknown, - warning, X critical.
char worse(char left, char right);
Status status_of(char look);

}  // namespace lectio::test
