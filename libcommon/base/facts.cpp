#include "base/facts.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace lectio {

const FactValue* Facts::find(std::string_view name) const {
  const auto found =
      std::ranges::find_if(values_, [&](const auto& entry) { return entry.first == name; });
  return found == values_.end() ? nullptr : &found->second;
}

std::optional<double> Facts::number(std::string_view name) const {
  const FactValue* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (const auto* whole = std::get_if<std::int64_t>(value)) return static_cast<double>(*whole);
  const auto* number = std::get_if<double>(value);
  return number == nullptr ? std::nullopt : std::optional{*number};
}

void Facts::put(std::string_view name, FactValue value) {
  const auto found =
      std::ranges::find_if(values_, [&](const auto& entry) { return entry.first == name; });
  if (found != values_.end()) {
    found->second = std::move(value);
  } else {
    values_.emplace_back(std::string{name}, std::move(value));
  }
}

std::string to_text(const FactValue& value) {
  struct Writer {
    std::string operator()(const std::string& text) const { return text; }
    std::string operator()(std::int64_t number) const { return fmt::format("{}", number); }
    std::string operator()(double number) const { return fmt::format("{:.4g}", number); }
    std::string operator()(bool flag) const { return flag ? "true" : "false"; }
  };
  return std::visit(Writer{}, value);
}

}  // namespace lectio
