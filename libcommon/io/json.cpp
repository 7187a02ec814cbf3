#include "io/json.hpp"

#include <fmt/format.h>
#include <rapidjson/error/en.h>

namespace lectio {
namespace {

// The byte where nesting passes `max_depth`, or npos. RapidJSON has no limit of
// its own, and 100,000 brackets must not cost more than their length.
std::size_t too_deep_at(std::string_view text, std::size_t max_depth) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > max_depth) return i;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return std::string_view::npos;
}

}  // namespace

Result<JsonDocument> parse_json(std::string_view text, std::size_t max_depth) {
  if (const std::size_t at = too_deep_at(text, max_depth); at != std::string_view::npos) {
    return fail(ErrorKind::protocol,
                fmt::format("JSON nested deeper than {} levels at byte {}", max_depth, at));
  }
  JsonDocument document;
  document.Parse<rapidjson::kParseValidateEncodingFlag | rapidjson::kParseIterativeFlag>(
      text.data(), text.size());
  if (document.HasParseError()) {
    return fail(ErrorKind::protocol,
                fmt::format("{} (byte {})", rapidjson::GetParseError_En(document.GetParseError()),
                            document.GetErrorOffset()));
  }
  return document;
}

std::string_view as_text(const JsonValue& value) {
  return {value.GetString(), value.GetStringLength()};
}

std::string text_member(const JsonValue& object, const char* name) {
  if (!object.IsObject()) return {};
  const auto found = object.FindMember(name);
  if (found == object.MemberEnd() || !found->value.IsString()) return {};
  return std::string{as_text(found->value)};
}

}  // namespace lectio
