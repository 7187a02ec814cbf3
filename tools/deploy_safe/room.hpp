// Room on a disk for what a deploy writes: it is never filled up.
#pragma once

#include <string>

#include "base/result.hpp"
#include "deploy_safe/part.hpp"
#include "io/tree.hpp"

namespace lectio {

// An error: the file system of `directory` has no room for `size` more, or cannot be written.
Result<void> judge_room(const Stage& stage, const std::string& directory, const TreeSize& size);

}  // namespace lectio
