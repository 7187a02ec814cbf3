// Whether a text of the catalogue is well-formed, see fill() in catalogue.hpp.
#pragma once

#include <string>
#include <string_view>

namespace lectio {

// What is wrong with its braces and brackets; empty: nothing. fill() takes such a text
// too, and leaves what is out of place as it is.
std::string template_fault(std::string_view text);

}  // namespace lectio
