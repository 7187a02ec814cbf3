#include "alert/catalogue_parse.hpp"

#include <fmt/format.h>

#include "alert/fill.hpp"
#include "io/json.hpp"

namespace lectio {
namespace {

std::unexpected<Error> fault(const std::string& where, std::string_view what) {
  return fail(ErrorKind::config, fmt::format("{}: {}", where, what));
}

// Calls `take(key, value, where)` for each member until one fails.
template <class Take>
Result<void> each_member(const JsonValue& value, const std::string& where, Take take) {
  if (!value.IsObject()) return fault(where, "is no object");
  for (const auto& member : value.GetObject()) {
    const std::string_view key = as_text(member.name);
    if (auto taken = take(key, member.value, fmt::format("{}.{}", where, key)); !taken) {
      return taken;
    }
  }
  return {};
}

Result<void> read_language(const JsonValue& value, const std::string& where, std::string& text) {
  if (!value.IsString() || value.GetStringLength() == 0) return fault(where, "is no text");
  text = as_text(value);
  if (const std::string found = template_fault(text); !found.empty()) return fault(where, found);
  return {};
}

Result<void> read_text(const JsonValue& value, const std::string& where, LocalText& text) {
  auto read = each_member(
      value, where,
      [&](std::string_view key, const JsonValue& member, const std::string& there) -> Result<void> {
        if (key == "ru") return read_language(member, there, text.ru);
        if (key == "en") return read_language(member, there, text.en);
        return fault(there, "is no language");
      });
  if (read && text.ru.empty()) return fault(where, "has no ru");
  if (read && text.en.empty()) return fault(where, "has no en");
  return read;
}

Result<void> read_observation(const JsonValue& value, const std::string& where,
                              CatalogueEntry& entry) {
  return each_member(
      value, where,
      [&](std::string_view key, const JsonValue& member, const std::string& there) -> Result<void> {
        if (key == "summary") return read_text(member, there, entry.summary);
        if (key == "meaning") return read_text(member, there, entry.texts.meaning);
        if (key == "action") return read_text(member, there, entry.texts.action);
        return fault(there, "is none of summary, meaning, action");
      });
}

// `read(value, where, entry)` fills each new entry.
template <class Entries, class Read>
Result<void> read_entries(const JsonValue& value, const std::string& where, Entries& entries,
                          Read read) {
  return each_member(
      value, where,
      [&](std::string_view key, const JsonValue& member, const std::string& there) -> Result<void> {
        const auto [entry, is_new] = entries.try_emplace(std::string{key});
        if (!is_new) return fault(there, "is there twice");
        return read(member, there, entry->second);
      });
}

Result<void> read_check(const JsonValue& value, const std::string& where, CatalogueEntry& entry) {
  return each_member(
      value, where,
      [&](std::string_view key, const JsonValue& member, const std::string& there) -> Result<void> {
        if (key == "title") return read_text(member, there, entry.texts.title);
        if (key == "meaning") return read_text(member, there, entry.texts.meaning);
        if (key == "action") return read_text(member, there, entry.texts.action);
        if (key == "by_code") return read_entries(member, there, entry.by_code, read_observation);
        return fault(there, "is none of title, meaning, action, by_code");
      });
}

Result<void> read_stated_observation(const JsonValue& value, const std::string& where,
                                     CatalogueEntry& entry) {
  auto read = read_observation(value, where, entry);
  if (read && entry.summary.empty()) return fault(where, "has no summary");
  return read;
}

}  // namespace

Result<void> add_part(std::string_view name, std::string_view json, CatalogueTexts& texts) {
  const std::string where = fmt::format("texts_{}.json", name);
  const auto document = parse_json(json);
  if (!document) return fault(where, document.error().message);
  return each_member(
      *document, where,
      [&](std::string_view key, const JsonValue& member, const std::string& there) -> Result<void> {
        if (key == "checks") return read_entries(member, there, texts.checks, read_check);
        if (key == "observations") {
          return read_entries(member, there, texts.observations, read_stated_observation);
        }
        if (key == "phrases") return read_entries(member, there, texts.phrases, read_text);
        return fault(there, "is none of checks, observations, phrases");
      });
}

}  // namespace lectio
