// smoke_check: does the site do what teachers and students come for?
#pragma once

#include "tool/run_tool.hpp"

namespace lectio {

Tool smoke_check();

}  // namespace lectio
