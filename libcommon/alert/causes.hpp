// Which problems of an incident stand for themselves.
#pragma once

#include <vector>

#include "alert/event.hpp"

namespace lectio {

struct Causes {
  std::vector<const Problem*> causes;        // explained by nothing that is still bad
  std::vector<const Problem*> consequences;  // the others
};

// Splits `view.bad`, which it points into and whose order it keeps. The root of the incident
// is a cause while it is bad. Of problems that explain each other the first is one.
Causes causes_of(const IncidentView& view);

}  // namespace lectio
