// Texts with ${NAME} in them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lectio {

// What a filled-in value becomes: as it is, the inside of a JSON string, a part of an address
// (bytes that may not stand there are percent-encoded), or a value of a form.
enum class Escape { none, json, url, form };

using VariableLookup = std::function<std::optional<std::string>(std::string_view name)>;

// Names that have no value are added to `missing` and left out of the result.
std::string fill_template(std::string_view text, Escape escape, const VariableLookup& variable,
                          std::vector<std::string>& missing);

// What is wrong with it, empty when nothing: "${" needs a NAME and a "}".
std::string template_error(std::string_view text);

}  // namespace lectio
