// Questions to a person.
#pragma once

#include <optional>
#include <string>

namespace lectio {

// Both ends are a terminal: somebody is there to ask.
bool somebody_is_there();

enum class Echo { off, on };

// One line, blanks at its ends aside. Empty optional: the end of input.
std::optional<std::string> ask(const std::string& question, Echo echo);

}  // namespace lectio
