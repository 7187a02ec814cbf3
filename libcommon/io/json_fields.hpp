// Structs as JSON objects and back. A struct names its members once, for both directions:
//
//   template <class Fields>
//   void describe(Fields& fields, Dot& dot) { fields("x", dot.x); fields("y", dot.y); }
//
// A map with texts as keys is an object. Durations are whole milliseconds, times Unix
// milliseconds. Empty optionals and texts are left out, and what is absent keeps its default.
// A value of the wrong type is damage.
#pragma once

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/clock.hpp"
#include "base/severity.hpp"
#include "base/utf8.hpp"
#include "io/json.hpp"

namespace lectio {

// An enum that is written as its name.
template <class T>
struct EnumName;

// By `names`, which stand in the order of the values.
template <class T>
struct NamedInOrder {
  static std::string_view name(T value) {
    return EnumName<T>::names.at(static_cast<std::size_t>(value));
  }
  static std::optional<T> value(std::string_view name) {
    constexpr auto& names = EnumName<T>::names;
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) return std::nullopt;
    return static_cast<T>(found - names.begin());
  }
};

template <>
struct EnumName<Status> {
  static std::string_view name(Status value) { return to_string(value); }
  static std::optional<Status> value(std::string_view name) { return parse_status(name); }
};
template <>
struct EnumName<Severity> {
  static std::string_view name(Severity value) { return to_string(value); }
  static std::optional<Severity> value(std::string_view name) { return parse_severity(name); }
};

class JsonFieldWriter {
 public:
  explicit JsonFieldWriter(rapidjson::Writer<rapidjson::StringBuffer>& writer) : writer_(writer) {}

  template <class T>
  void operator()(const char* name, T& member) {
    if (is_left_out(member)) return;
    writer_.Key(name);
    put(member);
  }

  template <class T>
  void put(T& value) {
    if constexpr (std::same_as<T, bool>) {
      writer_.Bool(value);
    } else if constexpr (std::unsigned_integral<T>) {
      writer_.Uint64(value);
    } else if constexpr (std::integral<T>) {
      writer_.Int64(value);
    } else if constexpr (std::is_enum_v<T>) {
      text(EnumName<T>::name(value));
    } else if constexpr (std::same_as<T, std::string>) {
      text(value);
    } else if constexpr (std::same_as<T, WallTime>) {
      writer_.Int64(std::chrono::floor<Milliseconds>(value.time_since_epoch()).count());
    } else if constexpr (requires { typename T::period; }) {
      writer_.Int64(std::chrono::floor<Milliseconds>(value).count());
    } else if constexpr (requires { value.has_value(); }) {
      put(*value);
    } else if constexpr (requires { typename T::mapped_type; }) {
      writer_.StartObject();
      for (auto& [name, item] : value) {
        text(name);
        put(item);
      }
      writer_.EndObject();
    } else if constexpr (requires { value.begin(); }) {
      writer_.StartArray();
      for (auto& item : value) put(item);
      writer_.EndArray();
    } else {
      writer_.StartObject();
      describe(*this, value);
      writer_.EndObject();
    }
  }

 private:
  template <class T>
  static bool is_left_out(const T& member) {
    if constexpr (requires { member.has_value(); }) {
      return !member.has_value();
    } else if constexpr (std::same_as<T, std::string>) {
      return member.empty();
    } else {
      return false;
    }
  }

  // What strangers said may be no UTF-8, and the document must be.
  void text(std::string_view value) {
    if (invalid_utf8_at(value) != std::string_view::npos) return put_valid(valid_utf8(value));
    put_valid(value);
  }
  void put_valid(std::string_view value) {
    writer_.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
  }

  rapidjson::Writer<rapidjson::StringBuffer>& writer_;
};

class JsonFieldReader {
 public:
  explicit JsonFieldReader(const JsonValue& object) : object_(object) {}

  template <class T>
  void operator()(const char* name, T& member) {
    const auto found = object_.FindMember(name);
    if (found != object_.MemberEnd()) get(found->value, member);
  }

  // Everything that was there had its type.
  bool good() const { return good_; }

  template <class T>
  void get(const JsonValue& json, T& value) {
    if constexpr (std::same_as<T, bool>) {
      if (take(json.IsBool())) value = json.GetBool();
    } else if constexpr (std::integral<T>) {
      if (const auto number = whole(json)) {
        if (take(std::in_range<T>(*number))) value = static_cast<T>(*number);
      }
    } else if constexpr (std::is_enum_v<T>) {
      const auto known = json.IsString() ? EnumName<T>::value(as_text(json)) : std::nullopt;
      if (take(known.has_value())) value = *known;
    } else if constexpr (std::same_as<T, std::string>) {
      if (take(json.IsString())) value = as_text(json);
    } else if constexpr (std::same_as<T, WallTime>) {
      const auto ms = time(json);
      if (ms && take(*ms >= 0)) value = WallTime{Milliseconds{*ms}};
    } else if constexpr (requires { typename T::period; }) {
      if (const auto ms = time(json)) value = std::chrono::duration_cast<T>(Milliseconds{*ms});
    } else if constexpr (requires { value.has_value(); }) {
      get(json, value.emplace());
    } else if constexpr (requires { typename T::mapped_type; }) {
      if (!take(json.IsObject())) return;
      for (const auto& [name, item] : json.GetObject())
        get(item, value[std::string{as_text(name)}]);
    } else if constexpr (requires { value.emplace_back(); }) {
      if (!take(json.IsArray())) return;
      for (const JsonValue& item : json.GetArray()) get(item, value.emplace_back());
    } else {
      if (!take(json.IsObject())) return;
      JsonFieldReader inner{json};
      describe(inner, value);
      good_ = good_ && inner.good();
    }
  }

 private:
  bool take(bool fits) {
    good_ = good_ && fits;
    return fits;
  }

  std::optional<std::int64_t> whole(const JsonValue& json) {
    if (!take(json.IsInt64())) return std::nullopt;
    return json.GetInt64();
  }

  // Beyond any that we write a time is damage, and would overflow a WallTime.
  std::optional<std::int64_t> time(const JsonValue& json) {
    constexpr std::int64_t most = 9'000'000'000'000;
    const auto ms = whole(json);
    return ms && take(*ms >= -most && *ms <= most) ? ms : std::nullopt;
  }

  const JsonValue& object_;
  bool good_ = true;
};

// One line.
template <class T>
std::string to_json_fields(T value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer{buffer};
  JsonFieldWriter{writer}.put(value);
  return std::string{buffer.GetString(), buffer.GetSize()};
}

// ErrorKind::protocol: no JSON, or a member of the wrong type.
template <class T>
Result<T> parse_json_fields(std::string_view text) {
  const auto json = parse_json(text);
  if (!json) return std::unexpected(json.error());
  T value{};
  JsonFieldReader reader{*json};
  reader.get(*json, value);
  if (!reader.good()) return fail(ErrorKind::protocol, "a member has the wrong type");
  return value;
}

}  // namespace lectio
