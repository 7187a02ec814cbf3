// Randomness of the kernel, for secrets.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace lectio {

// Each character is one of `alphabet` (at most 256 of them) with the same chance.
Result<std::string> random_text(std::size_t size, std::string_view alphabet);

}  // namespace lectio
