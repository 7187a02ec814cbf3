// What speaks against a build of the frontend, in words for the person who deploys it.
#pragma once

#include <string>

#include "base/result.hpp"
#include "deploy_safe/part.hpp"
#include "site/releases.hpp"

namespace lectio {

// Its page, and every script and style that the page names, are there and what they should be.
Result<void> judge_build(const Stage& stage, const std::string& directory);

// The same, and that it is apart from what serves and has room beside it.
Result<void> judge_new_build(const Stage& stage, const Releases& releases,
                             const std::string& directory);

}  // namespace lectio
