#include "alert/catalogue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <ranges>
#include <stdexcept>

namespace lectio {

namespace embedded {
extern const std::string_view texts_alert_json;
extern const std::string_view texts_heartbeat_json;
extern const std::string_view texts_http_json;
extern const std::string_view texts_repair_json;
extern const std::string_view texts_run_json;
extern const std::string_view texts_backup_json;
extern const std::string_view texts_cleanup_json;
extern const std::string_view texts_site_errors_json;
extern const std::string_view texts_deep_json;
extern const std::string_view texts_deploy_json;
extern const std::string_view texts_setup_json;
extern const std::string_view texts_status_json;
extern const std::string_view texts_system_json;
extern const std::string_view texts_users_json;
}  // namespace embedded

namespace {

// The first that says something; null when none does.
const LocalText* first_of(std::initializer_list<const LocalText*> candidates) {
  const auto found = std::ranges::find_if(
      candidates, [](const LocalText* text) { return text != nullptr && !text->empty(); });
  return found == candidates.end() ? nullptr : *found;
}

// What the star of `unit:*` stands for in this id.
std::string_view after_colon(std::string_view id) {
  const std::size_t colon = id.find(':');
  return colon == std::string_view::npos ? std::string_view{} : id.substr(colon + 1);
}

NameLookup with_unit(std::string_view id, const NameLookup& names) {
  return [id, &names](std::string_view name) -> std::optional<std::string> {
    const std::string_view unit = after_colon(id);
    if (name == "unit" && !unit.empty()) return std::string{unit};
    return names ? names(name) : std::nullopt;
  };
}

const CatalogueEntry* find_in(const CatalogueEntries& entries, std::string_view key) {
  const auto found = entries.find(key);
  return found == entries.end() ? nullptr : &found->second;
}

template <class Entries>
std::vector<std::string> keys_of(const Entries& entries) {
  const auto keys = std::views::keys(entries);
  return {keys.begin(), keys.end()};
}

}  // namespace

const Catalogue& Catalogue::builtin() {
  static const Catalogue catalogue = [] {
    const std::array parts{
        CataloguePart{"run", embedded::texts_run_json},
        CataloguePart{"repair", embedded::texts_repair_json},
        CataloguePart{"deploy", embedded::texts_deploy_json},
        CataloguePart{"setup", embedded::texts_setup_json},
        CataloguePart{"status", embedded::texts_status_json},
        CataloguePart{"http", embedded::texts_http_json},
        CataloguePart{"system", embedded::texts_system_json},
        CataloguePart{"backup", embedded::texts_backup_json},
        CataloguePart{"cleanup", embedded::texts_cleanup_json},
        CataloguePart{"site_errors", embedded::texts_site_errors_json},
        CataloguePart{"deep", embedded::texts_deep_json},
        CataloguePart{"heartbeat", embedded::texts_heartbeat_json},
        CataloguePart{"users", embedded::texts_users_json},
        CataloguePart{"alert", embedded::texts_alert_json},
    };
    auto parsed = parse(parts);
    if (!parsed) throw std::logic_error(parsed.error().message);
    return *std::move(parsed);
  }();
  return catalogue;
}

Result<Catalogue> Catalogue::parse(std::span<const CataloguePart> parts) {
  Catalogue catalogue;
  for (const CataloguePart& part : parts) {
    const auto added = add_part(part.name, part.json, catalogue.texts_);
    if (!added) return std::unexpected(added.error());
  }
  return catalogue;
}

const CatalogueEntry* Catalogue::find_check(std::string_view id) const {
  if (const CatalogueEntry* exact = find_in(texts_.checks, id)) return exact;
  const std::string_view unit = after_colon(id);
  if (unit.empty()) return nullptr;
  return find_in(texts_.checks, fmt::format("{}*", id.substr(0, id.size() - unit.size())));
}

ToldVerdict Catalogue::tell(const Verdict& verdict, Lang lang, const NameLookup& names) const {
  static const CatalogueEntry nothing;
  const auto or_nothing = [](const CatalogueEntry* entry) -> const CatalogueEntry& {
    return entry == nullptr ? nothing : *entry;
  };
  const CatalogueEntry& check = or_nothing(find_check(verdict.id));
  const CatalogueEntry& here = or_nothing(find_in(check.by_code, verdict.code));
  const CatalogueEntry& seen = or_nothing(find_in(texts_.observations, verdict.code));
  const NameLookup all_names = with_unit(verdict.id, names);
  const auto text = [&](std::initializer_list<const LocalText*> candidates) {
    const LocalText* found = first_of(candidates);
    return found == nullptr ? std::string{} : fill(found->in(lang), verdict.facts, all_names);
  };

  ToldVerdict told;
  told.title = text({&verdict.texts.title, &check.texts.title});
  if (told.title.empty()) told.title = verdict.id;
  told.summary = text({&here.summary, &seen.summary});
  if (told.summary.empty()) told.summary = verdict.code;
  if (verdict.status == Status::ok) return told;
  const bool failed = verdict.status == Status::warning || verdict.status == Status::critical;
  const Texts& step = failed ? verdict.texts : nothing.texts;
  const Texts& general = failed ? check.texts : nothing.texts;
  told.meaning = text({&here.texts.meaning, &seen.texts.meaning, &step.meaning, &general.meaning});
  told.action = text({&here.texts.action, &seen.texts.action, &step.action, &general.action});
  return told;
}

std::string Catalogue::title(const CheckInfo& check, Lang lang, const NameLookup& names) const {
  const CatalogueEntry* entry = find_check(check.id);
  const LocalText* found =
      first_of({&check.texts.title, entry == nullptr ? nullptr : &entry->texts.title});
  return found == nullptr ? check.id : fill(found->in(lang), Facts{}, with_unit(check.id, names));
}

std::string Catalogue::phrase(std::string_view key, Lang lang, const Facts& values) const {
  const auto found = texts_.phrases.find(key);
  if (found == texts_.phrases.end()) return std::string{key};
  return fill(found->second.in(lang), values, nullptr);
}

std::vector<std::string> Catalogue::check_ids() const { return keys_of(texts_.checks); }
std::vector<std::string> Catalogue::observation_codes() const {
  return keys_of(texts_.observations);
}
std::vector<std::string> Catalogue::phrase_keys() const { return keys_of(texts_.phrases); }

}  // namespace lectio
