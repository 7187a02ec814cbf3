// backup: the database, every night: dumped, restored to see that it can be, and kept for a while.
#pragma once

#include "tool/run_tool.hpp"

namespace lectio {

Tool backup();

}  // namespace lectio
