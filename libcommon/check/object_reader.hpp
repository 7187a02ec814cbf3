// Strict reading of a JSON file that a person wrote: an unknown key, a missing one or
// a value of the wrong type is named with its place. The first trouble found is kept.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "io/json.hpp"

namespace lectio {

// Where in the file: put into words only for a message. What it was made of (the place above, the
// names) must outlive it.
class Place {
 public:
  explicit Place(std::string_view name = {}) : name_(name) {}
  Place member(std::string_view key) const { return {this, key, std::nullopt}; }
  Place item(std::size_t number) const { return {this, {}, number}; }
  std::string text() const;  // step lessons: expect.json[0].type

 private:
  Place(const Place* above, std::string_view name, std::optional<std::size_t> number)
      : above_(above), name_(name), number_(number) {}

  const Place* above_ = nullptr;
  std::string_view name_;
  std::optional<std::size_t> number_;
};

class Trouble {
 public:
  explicit Trouble(std::string file) : file_(std::move(file)) {}
  void report(const Place& place, std::string_view what);
  const std::string& text() const { return text_; }  // empty: none

 private:
  std::string file_;
  std::string text_;
};

// The members of one object. finish() after the last read reports what nobody asked for. Keys are
// kept as they are given and must outlive it.
class ObjectReader {
 public:
  ObjectReader(const JsonValue& value, const Place& place, Trouble& trouble);
  ObjectReader(const ObjectReader&) = delete;  // places lead to its own
  ObjectReader& operator=(const ObjectReader&) = delete;

  bool has(std::string_view key) const;
  std::string text(std::string_view key, std::string_view fallback = {});
  std::string required_text(std::string_view key);
  // "..." for both languages, or {"ru": ..., "en": ...}. Required.
  LocalText local_text(std::string_view key);
  bool flag(std::string_view key, bool fallback = false);
  // Empty when absent. Reported when it is not above 0 or above `largest`.
  std::optional<double> positive(std::string_view key, double largest);
  std::vector<std::string> texts(std::string_view key);
  std::vector<int> statuses(std::string_view key);
  // Null when absent.
  const JsonValue* any(std::string_view key);

  using Visit = std::function<void(const JsonValue& value, const Place& place)>;
  void each_item(std::string_view key, const Visit& visit);
  using VisitMember =
      std::function<void(const std::string& name, const JsonValue& value, const Place& place)>;
  void each_member(std::string_view key, const VisitMember& visit);

  void finish();
  // Names the key in the message.
  void report(std::string_view key, std::string_view what);
  Place place_of(std::string_view key) const { return place_.member(key); }

 private:
  const JsonValue* find(std::string_view key) const;
  std::string missing(std::string_view key) const;

  const JsonValue* object_;  // null when it is none
  Place place_;
  Trouble& trouble_;
  std::vector<std::string_view> asked_;
};

}  // namespace lectio
