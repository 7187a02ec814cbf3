// What the messages of no incident say.
#pragma once

#include <string>

#include "alert/event.hpp"
#include "alert/wording.hpp"

namespace lectio {

// Empty: the event is one of an incident.
std::string single_text(const Event& event, const Wording& wording);

}  // namespace lectio
