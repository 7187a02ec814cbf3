// deploy_safe status: what serves, what is kept, what goes on.
#pragma once

#include "base/result.hpp"
#include "site/releases.hpp"
#include "tool/run_tool.hpp"

namespace lectio {

// 0, or 1 when a deploy was cut and waits for `recover`.
Result<int> show_status(Act& act, const Releases& releases);

}  // namespace lectio
