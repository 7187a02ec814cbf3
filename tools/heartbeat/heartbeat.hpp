// The tool itself: site_health and tools_fresh, then the ping that needs both.
#pragma once

#include "tool/run_tool.hpp"

namespace lectio {

Tool heartbeat_tool();

}  // namespace lectio
