// The strict reader of one texts_*.json.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/text.hpp"

namespace lectio {

struct CatalogueEntry {
  LocalText summary;
  Texts texts;
  std::map<std::string, CatalogueEntry, std::less<>> by_code = {};
};

using CatalogueEntries = std::map<std::string, CatalogueEntry, std::less<>>;
using CataloguePhrases = std::map<std::string, LocalText, std::less<>>;

struct CatalogueTexts {
  CatalogueEntries checks;
  CatalogueEntries observations;
  CataloguePhrases phrases;
};

// Adds what `json` holds. Errors (ErrorKind::config) name the part and the place in it.
Result<void> add_part(std::string_view name, std::string_view json, CatalogueTexts& texts);

}  // namespace lectio
