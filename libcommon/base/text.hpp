// A text in the two languages of the suite.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lectio {

enum class Lang { ru, en };

std::optional<Lang> parse_lang(std::string_view text);

struct LocalText {
  std::string ru;
  std::string en;

  const std::string& in(Lang lang) const { return lang == Lang::ru ? ru : en; }
  bool empty() const { return ru.empty() && en.empty(); }
};

// What a person is told about a check: its name, what a failure means for the
// visitors, and what to do (with the command).
struct Texts {
  LocalText title;
  LocalText meaning;
  LocalText action;
};

// The candidate nearest to `word` by edit distance, if near enough to be a slip
// of the pen (at most a third of the word's length).
template <class Range>
std::string nearest(std::string_view word, const Range& candidates);

std::size_t edit_distance(std::string_view left, std::string_view right);

template <class Range>
std::string nearest(std::string_view word, const Range& candidates) {
  std::string best;
  std::size_t best_distance = word.size() / 3 + 1;
  for (const auto& candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

}  // namespace lectio
