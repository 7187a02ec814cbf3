// Naming a redirect that nobody asked for.
#pragma once

#include <string>

#include "io/http.hpp"

namespace lectio {

// "redirect_slash": the same path plus a slash, also when the slash had been asked for
// and got lost on the way. "redirect_loop": the very address that was asked for, where no
// slash can be what was lost. "redirect_https": the same path over https. "redirect":
// anywhere else.
std::string redirect_code(const HttpRequest& request, const std::string& location);

}  // namespace lectio
