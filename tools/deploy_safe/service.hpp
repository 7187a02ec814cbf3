// The backend's unit takes up new code: reloaded where that does it, restarted where not, and its
// new workers waited for.
#pragma once

#include "base/result.hpp"
#include "deploy_safe/part.hpp"

namespace lectio {

enum class TakeUp { reload, restart };

// What BACKEND_RELOAD says, or what the unit and gunicorn's command line allow: a master that
// preloads the code would keep the old one.
TakeUp way_to_take_up(const Stage& stage);

// Returns when workers that were not there before have come, as many as there should be, the old
// ones are gone, and the new ones have answered (or have had half a minute for it: the checks judge
// that). An error: what kept them.
Result<void> take_up(const Stage& stage, TakeUp way);

// Stopped when it returns. A unit that is not running is no error.
Result<void> stop_backend(const Stage& stage);

}  // namespace lectio
