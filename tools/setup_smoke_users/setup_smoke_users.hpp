// The tool itself: passwords, accounts and data in Django, then a login to prove it.
#pragma once

#include "tool/run_tool.hpp"

namespace lectio {

Tool setup_smoke_users_tool();

}  // namespace lectio
