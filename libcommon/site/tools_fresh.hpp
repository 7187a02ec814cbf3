// Whether the other tools still run: who watches the watchers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "check/finding.hpp"
#include "site/config.hpp"
#include "site/deploy_marker.hpp"
#include "site/run_stamp.hpp"

namespace lectio {

struct StampAge {
  std::string tool;
  Milliseconds age{0};
  bool late = false;
  Status status = Status::ok;
};

// Of all stamps but heartbeat's own.
std::vector<StampAge> stamp_ages(const std::vector<RunStamp>& stamps, std::string_view boot_id,
                                 Clock& clock);

// "34s", "5m", "3h", "2d"
std::string short_age(Milliseconds age);

// git and scp forget the bit. By their paths, sorted; other files are none of ours.
std::vector<std::string> programs_without_x_bit(const std::string& directory);

// Good also while a deploy goes on: late tools are then its doing. One that cannot be trusted
// excuses nobody, and is told. A tool that lies beside us and cannot be started any more is told
// before it is late. Adds what was read to `ages`.
Finding probe_tools_fresh(const Config& config, Clock& clock,
                          const Result<std::optional<DeployMarker>>& deploy,
                          std::vector<StampAge>& ages, std::vector<std::string>& notes);

}  // namespace lectio
