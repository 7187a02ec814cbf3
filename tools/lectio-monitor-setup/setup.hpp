// Finds out, asks, writes the configuration and the schedule, and has everything run once.
#pragma once

#include "tool/run_tool.hpp"

namespace lectio {

Tool setup_tool();

}  // namespace lectio
