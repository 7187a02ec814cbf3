// deep_check: how does the server do, every hour?
#pragma once

#include "tool/run_tool.hpp"

namespace lectio {

Tool deep_check();

}  // namespace lectio
