// JSON from strangers: at most 64 levels deep, valid UTF-8, or an error.
#pragma once

#include <rapidjson/document.h>

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace lectio {

using JsonDocument = rapidjson::Document;
using JsonValue = rapidjson::Value;

// Errors (ErrorKind::protocol) say what and at which byte.
Result<JsonDocument> parse_json(std::string_view text);

std::string_view as_text(const JsonValue& value);  // of a JSON string

// A text of an object; empty for any other value, without such a member, and of what is no object.
std::string text_member(const JsonValue& object, const char* name);

}  // namespace lectio
