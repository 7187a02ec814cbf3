// What must be true of a request before libcurl sees it.
#pragma once

#include <string_view>

#include "io/http.hpp"

namespace lectio {

// Why the request cannot be sent; empty: it can.
std::string_view flaw_of(const HttpRequest& request);

}  // namespace lectio
