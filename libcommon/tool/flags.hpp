// The flags that every tool has.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/text.hpp"
#include "tool/run_tool.hpp"

namespace lectio {

struct Flags {
  std::string config = "/opt/lectio-monitor/config.env";
  std::optional<Format> format;  // empty: not asked for, text
  DryRun dry_run = DryRun::off;
  bool alert = false;
  std::vector<std::string> only;
  std::vector<std::string> skip;
  bool list = false;
  bool check_config = false;
  std::optional<double> deadline_seconds;
  std::optional<Lang> lang;
  bool verbose = false;
  bool quiet = false;
};

// The flags, or the exit code of a run that ends here (--help, --version, a bad argument).
std::variant<Flags, int> parse_flags(int argc, char** argv, const Tool& tool);

}  // namespace lectio
