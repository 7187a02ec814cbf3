#include "check/object_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace lectio {
namespace {

constexpr std::size_t usual_keys = 16;  // that an object is asked for

}  // namespace

std::string Place::text() const {
  if (above_ == nullptr) return std::string{name_};
  std::string text = above_->text();
  if (number_) return fmt::format("{}[{}]", text, *number_);
  if (!text.empty()) text += text.contains(": ") ? "." : ": ";
  return text.append(name_);
}

void Trouble::report(const Place& place, std::string_view what) {
  if (!text_.empty()) return;
  const std::string where = place.text();
  text_ = where.empty() ? fmt::format("{}: {}", file_, what)
                        : fmt::format("{}: {}: {}", file_, where, what);
}

ObjectReader::ObjectReader(const JsonValue& value, const Place& place, Trouble& trouble)
    : object_(value.IsObject() ? &value : nullptr), place_(place), trouble_(trouble) {
  asked_.reserve(usual_keys);
  if (object_ == nullptr) trouble_.report(place_, "is not an object {...}");
}

void ObjectReader::report(std::string_view key, std::string_view what) {
  trouble_.report(place_of(key), what);
}

const JsonValue* ObjectReader::find(std::string_view key) const {
  if (object_ == nullptr) return nullptr;
  for (const auto& member : object_->GetObject()) {
    if (as_text(member.name) == key) return &member.value;
  }
  return nullptr;
}

bool ObjectReader::has(std::string_view key) const { return find(key) != nullptr; }

const JsonValue* ObjectReader::any(std::string_view key) {
  asked_.push_back(key);
  return find(key);
}

std::string ObjectReader::text(std::string_view key, std::string_view fallback) {
  const JsonValue* value = any(key);
  if (value == nullptr) return std::string{fallback};
  if (value->IsString()) return std::string{as_text(*value)};
  report(key, "is not a text");
  return {};
}

std::string ObjectReader::required_text(std::string_view key) {
  std::string value = text(key);
  if (value.empty()) report(key, has(key) ? "is empty" : missing(key));
  return value;
}

std::string ObjectReader::missing(std::string_view key) const {
  std::vector<std::string_view> given;
  if (object_ != nullptr) {
    for (const auto& member : object_->GetObject()) given.push_back(as_text(member.name));
  }
  const std::string near = nearest(key, given);
  return near.empty() || std::ranges::find(asked_, near) != asked_.end()
             ? "is missing"
             : fmt::format("is missing, and {} is no key: did you mean {}?", near, key);
}

LocalText ObjectReader::local_text(std::string_view key) {
  const JsonValue* value = any(key);
  if (value == nullptr || value->IsString()) {
    std::string both = required_text(key);
    return {both, both};
  }
  ObjectReader languages{*value, place_of(key), trouble_};
  LocalText result{languages.required_text("ru"), languages.required_text("en")};
  languages.finish();
  return result;
}

bool ObjectReader::flag(std::string_view key, bool fallback) {
  const JsonValue* value = any(key);
  if (value == nullptr) return fallback;
  if (!value->IsBool()) report(key, "is not true or false");
  return value->IsTrue();
}

std::optional<double> ObjectReader::positive(std::string_view key, double largest) {
  const JsonValue* value = any(key);
  if (value == nullptr) return std::nullopt;
  if (value->IsNumber() && value->GetDouble() > 0 && value->GetDouble() <= largest) {
    return value->GetDouble();
  }
  report(key, fmt::format("is not a number above 0 and at most {}", largest));
  return std::nullopt;
}

std::vector<std::string> ObjectReader::texts(std::string_view key) {
  std::vector<std::string> result;
  each_item(key, [&](const JsonValue& item, const Place& place) {
    if (item.IsString()) {
      result.emplace_back(as_text(item));
    } else {
      trouble_.report(place, "is not a text");
    }
  });
  return result;
}

std::vector<int> ObjectReader::statuses(std::string_view key) {
  std::vector<int> result;
  each_item(key, [&](const JsonValue& item, const Place& place) {
    if (item.IsInt() && item.GetInt() >= 100 && item.GetInt() <= 599) {
      result.push_back(item.GetInt());
    } else {
      trouble_.report(place, "is not an HTTP status (100 to 599)");
    }
  });
  return result;
}

void ObjectReader::each_item(std::string_view key, const Visit& visit) {
  const JsonValue* value = any(key);
  if (value == nullptr) return;
  if (!value->IsArray()) return report(key, "is not a list [...]");
  const Place list = place_of(key);
  std::size_t number = 0;
  for (const JsonValue& item : value->GetArray()) visit(item, list.item(number++));
}

void ObjectReader::each_member(std::string_view key, const VisitMember& visit) {
  const JsonValue* value = any(key);
  if (value == nullptr) return;
  ObjectReader members{*value, place_of(key), trouble_};
  if (members.object_ == nullptr) return;
  std::set<std::string_view> seen;
  for (const auto& member : value->GetObject()) {
    const std::string name{as_text(member.name)};
    if (!seen.insert(as_text(member.name)).second) members.report(name, "is given twice");
    visit(name, member.value, members.place_of(name));
  }
}

void ObjectReader::finish() {
  if (object_ == nullptr) return;
  std::vector<std::string_view> keys;
  keys.reserve(object_->MemberCount());
  for (const auto& member : object_->GetObject()) {
    const std::string_view key = as_text(member.name);
    keys.push_back(key);
    if (std::ranges::find(asked_, key) == asked_.end()) {
      const std::string near = nearest(key, asked_);
      report(key, near.empty() ? std::string{"is not a key of this object"}
                               : fmt::format("unknown key, did you mean {}?", near));
    }
  }
  std::ranges::sort(keys);
  if (const auto twice = std::ranges::adjacent_find(keys); twice != keys.end()) {
    report(*twice, "is given twice");
  }
}

}  // namespace lectio
