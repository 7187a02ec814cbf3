// What the messages of an incident say.
#pragma once

#include <string>

#include "alert/event.hpp"
#include "alert/wording.hpp"

namespace lectio {

// What its live message says after the event.
std::string live_text(const Event& event, const Wording& wording);

// What is said under the live message; empty: nothing.
std::string reply_text(const Event& event, const Wording& wording);

// The whole story of a closed one, for whom it reaches at once.
std::string whole_text(const Event& event, const Wording& wording);

}  // namespace lectio
