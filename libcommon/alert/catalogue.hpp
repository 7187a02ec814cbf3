// What checks and observations are called, mean and ask for, and the phrases of the messages
// about them, in both languages.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "alert/catalogue_parse.hpp"
#include "base/result.hpp"
#include "base/text.hpp"
#include "check/finding.hpp"

namespace lectio {

// Resolves {NAME} of a text that is no fact: a configured unit, path or address.
using NameLookup = std::function<std::optional<std::string>(std::string_view name)>;

// Fills {fact} and {NAME}. A part in [brackets] (not nested) is left out when something
// in it is not known or empty; elsewhere that is written as "?". Doubled braces and
// brackets stand for themselves.
std::string fill(std::string_view text, const Facts& facts, const NameLookup& names);

// A verdict as a person reads it.
struct ToldVerdict {
  std::string title;
  std::string summary;  // what was observed
  std::string meaning;  // empty when all is well
  std::string action;
};

// texts_<name>.json
struct CataloguePart {
  std::string_view name;
  std::string_view json;
};

class Catalogue {
 public:
  // The texts shipped with the suite (alert/texts_*.json, embedded), read at the first call.
  static const Catalogue& builtin();
  // One catalogue of all parts. A check, an observation or a phrase in two of them is an
  // error, and so are an unknown key, a text that lacks a language, braces or brackets that do
  // not match.
  static Result<Catalogue> parse(std::span<const CataloguePart> parts);

  // Most specific text wins: this check with this observation, the observation, the
  // verdict's own texts (a scenario step's), the check. `unit:redis` is looked up as
  // `unit:*`, in whose texts {unit} is what the star stands for. What a failure of the check
  // means and asks for is not said of one that is unknown or skipped: that only its
  // observation can say.
  ToldVerdict tell(const Verdict& verdict, Lang lang, const NameLookup& names) const;
  std::string title(const CheckInfo& check, Lang lang, const NameLookup& names) const;

  // A phrase filled with `values`; the key itself when there is no such phrase.
  std::string phrase(std::string_view key, Lang lang, const Facts& values = {}) const;

  std::vector<std::string> check_ids() const;
  std::vector<std::string> observation_codes() const;
  std::vector<std::string> phrase_keys() const;

 private:
  const CatalogueEntry* find_check(std::string_view id) const;

  CatalogueTexts texts_;
};

}  // namespace lectio
