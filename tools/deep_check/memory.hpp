// STATE_DIR/deep_check.json: what one hourly run leaves to the next.
#pragma once

#include <string>

#include "base/result.hpp"
#include "deep_check/nginx_log.hpp"

namespace lectio {

struct DeepMemory {
  AccessMemory access;
  ErrorMemory errors;
};

// Empty when there is none. One that does not parse is set aside and named in `notes`.
Result<DeepMemory> load_memory(const std::string& state_dir, std::vector<std::string>& notes);
// On disk when it returns.
Result<void> save_memory(const std::string& state_dir, const DeepMemory& memory);

}  // namespace lectio
