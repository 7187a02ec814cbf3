#include "alerts/known_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "alert/catalogue.hpp"
#include "alert/suppression.hpp"
#include "base/text.hpp"
#include "site/smoke.hpp"

namespace lectio {
namespace {

// Their texts are no entries of the catalogue: an event of `alerts send`, a repair after a deploy
// that was cut, and deep_check's looks at what the site lives on elsewhere.
constexpr std::array<std::string_view, 5> without_entry{"event", "recover", "stream", "gdrive",
                                                        "zoom"};

void add_ids(std::vector<std::string>& ids, const Book& book) {
  for (const Problem& problem : book.problems) ids.push_back(problem.id);
  for (const Problem& fact : book.facts) ids.push_back(fact.id);
  for (const Series& series : book.series) ids.push_back(series.id);
  for (const Held& held : book.held) ids.push_back(held.id);
}

}  // namespace

Result<void> require_known_check(const std::string& id, const Book& book, const Config& config) {
  const auto smoke = smoke_scenario(config);
  if (!smoke) return {};  // it may be one of those
  std::vector<std::string> ids = Catalogue::builtin().check_ids();
  ids.insert(ids.end(), without_entry.begin(), without_entry.end());
  for (const CheckInfo& check : smoke->checks()) ids.push_back(check.id);
  add_ids(ids, book);
  for (const std::string& known : ids) {
    const bool is_kind = known.ends_with(":*");
    const std::string kind = is_kind ? known.substr(0, known.size() - 1) : known;  // with its colon
    if (is_kind && id.size() > kind.size() && id.starts_with(kind)) return {};
    if (covers(id, known)) return {};
  }
  std::erase_if(ids, [](const std::string& known) { return known.ends_with(":*"); });
  const std::string near = nearest(id, ids);
  const std::string hint = near.empty() ? "; every tool names its checks with --list"
                                        : fmt::format(", did you mean {}?", near);
  return fail(ErrorKind::config, fmt::format("mute: there is no check {}{}", id, hint));
}

}  // namespace lectio
