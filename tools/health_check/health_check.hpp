// health_check: is the server well, every minute?
#pragma once

#include "tool/run_tool.hpp"

namespace lectio {

Tool health_check();

}  // namespace lectio
