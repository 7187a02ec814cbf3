#include "io/json.hpp"

#include <fmt/format.h>
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include "base/utf8.hpp"

namespace lectio {
namespace {

using Size = rapidjson::SizeType;

constexpr std::size_t max_depth = 64;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

// Hands everything on to the document until it nests too deep: RapidJSON has no limit of its own
// and would go as deep into the stack as the text says.
class LimitedDepth {
 public:
  explicit LimitedDepth(JsonDocument& document) : document_(document) {}

  bool StartObject() { return ++depth_ <= max_depth && document_.StartObject(); }
  bool StartArray() { return ++depth_ <= max_depth && document_.StartArray(); }
  bool EndObject(Size count) { return --depth_, document_.EndObject(count); }
  bool EndArray(Size count) { return --depth_, document_.EndArray(count); }
  bool Key(const char* text, Size size, bool copy) { return document_.Key(text, size, copy); }
  bool String(const char* text, Size size, bool copy) { return document_.String(text, size, copy); }
  bool RawNumber(const char* text, Size size, bool copy) { return String(text, size, copy); }
  bool Null() { return document_.Null(); }
  bool Bool(bool value) { return document_.Bool(value); }
  bool Int(int value) { return document_.Int(value); }
  bool Uint(unsigned value) { return document_.Uint(value); }
  bool Int64(std::int64_t value) { return document_.Int64(value); }
  bool Uint64(std::uint64_t value) { return document_.Uint64(value); }
  bool Double(double value) { return document_.Double(value); }

 private:
  JsonDocument& document_;
  std::size_t depth_ = 0;
};

std::string words(const rapidjson::ParseResult& result) {
  if (result.Code() != rapidjson::kParseErrorTermination) {
    return rapidjson::GetParseError_En(result.Code());
  }
  return fmt::format("JSON nested deeper than {} levels", max_depth);
}

}  // namespace

Result<JsonDocument> parse_json(std::string_view text) {
  // RapidJSON's own look at the encoding costs as much as the rest of its reading.
  if (const std::size_t at = invalid_utf8_at(text); at != std::string_view::npos) {
    return fail(ErrorKind::protocol, fmt::format("Not UTF-8 (byte {})", at));
  }
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  rapidjson::MemoryStream stream{text.data(), text.size()};
  rapidjson::Reader reader;
  rapidjson::ParseResult result;
  JsonDocument document;
  const auto read = [&](JsonDocument& handler) {
    LimitedDepth limited{handler};
    result = reader.Parse(stream, limited);
    return !result.IsError();
  };
  document.Populate(read);
  if (result.IsError()) {
    return fail(ErrorKind::protocol, fmt::format("{} (byte {})", words(result), result.Offset()));
  }
  if (stream.Tell() != text.size()) {  // RapidJSON takes a NUL for the end
    return fail(ErrorKind::protocol, fmt::format("A NUL in JSON (byte {})", stream.Tell()));
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
