// alerts: what is open, why nobody was told, silence for a time, a test of the way.
#pragma once

#include "tool/run_tool.hpp"

namespace lectio {

Tool alerts();

}  // namespace lectio
