// STATE_DIR/deploy_safe.lock: whoever changes what serves holds it, and says in it who that is. Not
// in RUN_DIR, where a new file looks like the end of a deploy.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "io/file.hpp"

namespace lectio {

struct DeployHolder {
  std::string what;  // the command
  std::string who;
  pid_t pid = 0;
  WallTime since{};
};

// For the life of the object. Empty optional: somebody else holds it. `holder` is us, but for the
// pid; a full disk takes only the words away.
Result<std::optional<Fd>> try_deploy_lock(const std::string& state_dir, DeployHolder holder);

// Who holds it, as far as it says. Empty: nobody can tell.
std::optional<DeployHolder> deploy_lock_holder(const std::string& state_dir);

}  // namespace lectio
