// What was observed, by name: the raw material of texts, JSON and metrics.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace lectio {

using FactValue = std::variant<std::string, std::int64_t, double, bool>;

// Keeps the order in which facts were found; names are unique.
class Facts {
 public:
  template <class T>
  Facts& set(std::string_view name, T value) {
    if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, FactValue>) {
      put(name, FactValue{std::move(value)});
    } else if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
      put(name, FactValue{static_cast<std::int64_t>(value)});
    } else if constexpr (std::is_floating_point_v<T>) {
      put(name, FactValue{static_cast<double>(value)});
    } else {
      put(name, FactValue{std::string{std::move(value)}});
    }
    return *this;
  }

  // Null when there is no such fact.
  const FactValue* find(std::string_view name) const;
  // Empty when it is no number, or there is no such fact.
  std::optional<double> number(std::string_view name) const;
  bool empty() const { return values_.empty(); }
  auto begin() const { return values_.begin(); }
  auto end() const { return values_.end(); }

 private:
  void put(std::string_view name, FactValue value);

  std::vector<std::pair<std::string, FactValue>> values_;
};

// As a person reads it: numbers without needless digits, true/false.
std::string to_text(const FactValue& value);

}  // namespace lectio
