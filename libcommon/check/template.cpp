#include "check/template.hpp"

#include <fmt/format.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>

#include "base/ascii.hpp"

namespace lectio {
namespace {

constexpr std::string_view opening = "${";

std::string in_json_string(std::string_view value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer{buffer};
  writer.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
  return {buffer.GetString() + 1, buffer.GetSize() - 2};
}

std::string in_url(std::string_view value) {
  constexpr std::string_view forbidden = "\"<>#\\^`{|}";
  std::string result;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte >= 0x7f || forbidden.find(c) != std::string_view::npos) {
      result += fmt::format("%{:02X}", byte);
    } else {
      result.push_back(c);
    }
  }
  return result;
}

std::string in_form(std::string_view value) {
  std::string result;
  for (const char c : value) {
    if (is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      result.push_back(c);
    } else {
      result += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return result;
}

std::string escaped_for(Escape escape, const std::string& value) {
  switch (escape) {
    case Escape::json:
      return in_json_string(value);
    case Escape::url:
      return in_url(value);
    case Escape::form:
      return in_form(value);
    case Escape::none:
      break;
  }
  return value;
}

}  // namespace

std::string fill_template(std::string_view text, Escape escape, const VariableLookup& variable,
                          std::vector<std::string>& missing) {
  std::string result;
  while (true) {
    const std::size_t start = text.find(opening);
    const std::size_t end = text.find('}', start == std::string_view::npos ? text.size() : start);
    if (end == std::string_view::npos) return result.append(text);
    result.append(text.substr(0, start));
    const std::string_view name = text.substr(start + opening.size(), end - start - opening.size());
    if (const auto value = variable(name)) {
      result += escaped_for(escape, *value);
    } else if (std::ranges::find(missing, name) == missing.end()) {
      missing.emplace_back(name);
    }
    text.remove_prefix(end + 1);
  }
}

std::string template_error(std::string_view text) {
  for (std::size_t at = text.find(opening); at != std::string_view::npos;
       at = text.find(opening, at)) {
    at += opening.size();
    const std::size_t end = text.find('}', at);
    if (end == std::string_view::npos) return "a ${ is not closed";
    const std::string_view name = text.substr(at, end - at);
    if (!is_name(name)) return fmt::format("${{{}}} is no name of a variable", name);
  }
  return {};
}

}  // namespace lectio
