// Releases with verification and rollback: visitors notice nothing.
#pragma once

#include "tool/run_tool.hpp"

namespace lectio {

Tool deploy_safe();

}  // namespace lectio
