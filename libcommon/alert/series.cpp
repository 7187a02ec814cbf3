#include "alert/series.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "alert/incidents.hpp"
#include "alert/problems.hpp"

namespace lectio {
namespace {

constexpr std::ptrdiff_t most_series = 200;
constexpr std::string_view others = ":more";

bool goes_on(const Series& series, const Now& now) {
  return now.tick - series.last < series_pause && now.tick - series.begun < longest_series;
}

bool are_many(const Book& book, const Now& now) {
  return std::ranges::count_if(book.series, [&](const Series& series) {
           return now.tick - series.begun < new_series_within;
         }) >= static_cast<std::ptrdiff_t>(most_new_series);
}

Series* find(Book& book, std::string_view id, const Now& now) {
  const auto found = std::ranges::find_if(
      book.series, [&](const Series& series) { return series.id == id && goes_on(series, now); });
  return found == book.series.end() ? nullptr : &*found;
}

}  // namespace

int add_times(int left, int right) {
  constexpr int most = 1'000'000'000;
  return std::min(left, most) + std::min(right, most);
}

std::string id_of_others(std::string_view id) {
  return std::string{id.substr(0, id.find(':'))} + std::string{others};
}

void add_to_series(Book& book, Problem fact, const Now& now) {
  Series* series = find(book, fact.id, now);
  if (series == nullptr && are_many(book, now)) {
    fact.id = id_of_others(fact.id);
    series = find(book, fact.id, now);
  }
  if (series == nullptr) {
    std::erase_if(book.series, [&](const Series& old) { return old.id == fact.id; });
    if (std::ssize(book.series) >= most_series) {
      book.series.erase(book.series.begin(), book.series.end() - (most_series - 1));
    }
    series = &book.series.emplace_back();
    series->id = fact.id;
    series->begun = now.tick;
    series->fact = std::move(fact);
  } else {
    fact.since = series->fact.since;
    fact.deploy = series->fact.deploy;
    fact.times = add_times(fact.times, series->fact.times);
    series->fact = std::move(fact);
  }
  series->last = now.tick;
}

std::vector<Event> tell_series(Book& book, const Now& now, const PolicySettings& settings) {
  std::vector<Event> events;
  std::size_t edits = 0;
  for (Series& series : book.series) {
    const bool is_new = series.incident == 0;
    const bool is_young = now.tick - series.begun < young_series;
    if (series.shown == series.fact.times) continue;
    if (!is_new) {
      if (now.tick - series.edited < (is_young ? between_young_edits : between_edits)) continue;
      if (++edits > most_edits) continue;
    }
    if (is_new) series.incident = ++book.last_incident;
    series.edited = now.tick;
    series.shown = series.fact.times;
    Event event;
    event.kind = is_new ? EventKind::fact : EventKind::repeated;
    event.loud = is_new && is_loud(series.fact, settings);
    event.tier = tier_of(series.fact.status, is_loud(series.fact, settings));
    event.fact = series.fact;
    event.message = series.incident;
    event.last = series.last;
    events.push_back(std::move(event));
  }
  std::erase_if(book.series, [&](const Series& series) {
    return !goes_on(series, now) && series.shown == series.fact.times;
  });
  return events;
}

}  // namespace lectio
