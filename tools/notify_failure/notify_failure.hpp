// What systemd starts when a unit has failed (OnFailure=): told at once, not in a minute.
#pragma once

#include "tool/run_tool.hpp"

namespace lectio {

Tool notify_failure();

}  // namespace lectio
