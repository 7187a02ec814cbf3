// cleanup_processes: ends what the configuration names as forgotten, and removes its old logs.
#pragma once

#include "tool/run_tool.hpp"

namespace lectio {

Tool cleanup_processes();

}  // namespace lectio
