// Which checks there are to be silent about.
#pragma once

#include <string>

#include "alert/book.hpp"
#include "base/result.hpp"
#include "site/config.hpp"

namespace lectio {

// A check of some tool, one of a kind ("unit:redis"), a whole kind ("unit"), or what the book
// knows. Anything while SMOKE_SCENARIO cannot be read. The error (ErrorKind::config) names the
// nearest, else where the ids are listed.
Result<void> require_known_check(const std::string& id, const Book& book, const Config& config);

}  // namespace lectio
