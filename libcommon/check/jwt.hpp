// Whether a text is the JSON Web Token it should be. The signature is the server's affair.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace lectio {

// Empty when all is well: three base64url parts, a JSON object inside, `exp` in the future
// (a minute of clock skew allowed), and `role` unless that is empty. Otherwise
// "not_three_parts", "not_base64url", "not_json", "no_exp", "expired" or "wrong_role".
std::string jwt_fault(std::string_view token, std::string_view role, WallTime now);

}  // namespace lectio
