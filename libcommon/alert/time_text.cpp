#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "alert/catalogue.hpp"
#include "alert/message.hpp"
#include "io/local_time.hpp"

namespace lectio {
namespace {

std::string phrase(std::string_view key, Lang lang, const Facts& values = {}) {
  return Catalogue::builtin().phrase(key, lang, values);
}

bool same_day(const LocalTime& left, const LocalTime& right) {
  return left.year == right.year && left.month == right.month && left.day == right.day;
}

std::string clock_text(const LocalTime& time) {
  return fmt::format("{:02}:{:02}", time.hour, time.minute);
}

std::string month_name(int month, Lang lang) {
  const std::string months = phrase("months", lang);
  for (const auto name : months | std::views::split(' ')) {
    if (--month == 0) return {name.begin(), name.end()};
  }
  return {};
}

// "+05" says nothing to most people, "UTC+5" does.
std::string zone_text(const std::string& zone, Lang lang) {
  if (zone == "MSK") return phrase("zone_msk", lang);
  const bool is_offset = zone.size() >= 3 && (zone[0] == '+' || zone[0] == '-');
  if (!is_offset) return zone.empty() ? "UTC" : zone;
  const std::string_view minutes = std::string_view{zone}.substr(3);
  const int hours = (zone[1] - '0') * 10 + (zone[2] - '0');
  if (hours == 0 && minutes.empty()) return "UTC";
  return fmt::format("UTC{}{}{}{}", zone[0], hours, minutes.empty() ? "" : ":", minutes);
}

// `clock`: the hour, or a span of hours, of the day of `time`.
std::string dated(const std::string& clock, const LocalTime& time, const LocalTime& now,
                  Lang lang) {
  const std::string_view key = same_day(time, now)     ? "clock_today"
                               : time.year == now.year ? "clock_this_year"
                                                       : "clock_other_year";
  return phrase(key, lang,
                Facts{}
                    .set("clock", clock)
                    .set("zone", zone_text(time.zone, lang))
                    .set("day", fmt::format("{:02}", time.day))
                    .set("month", month_name(time.month, lang))
                    .set("year", time.year));
}

}  // namespace

std::string duration_text(Milliseconds duration, Lang lang) {
  const std::int64_t seconds = std::max<std::int64_t>(0, duration.count() / 1000);
  const std::int64_t minutes = seconds / 60;
  const std::int64_t hours = minutes / 60;
  const std::int64_t days = hours / 24;
  const auto parts = [&](std::string_view key, std::string_view large, std::int64_t count,
                         std::string_view small, std::int64_t rest) {
    Facts values;
    values.set(large, count);
    if (rest > 0) values.set(small, rest);
    return phrase(key, lang, values);
  };
  if (minutes == 0) return parts("seconds", "seconds", seconds, "", 0);
  if (hours == 0) return parts("minutes", "minutes", minutes, "", 0);
  if (days == 0) return parts("hours", "hours", hours, "minutes", minutes % 60);
  return parts("days", "days", days, "hours", hours % 24);
}

std::string time_text(WallTime time, WallTime now, const MessageStyle& style) {
  const LocalTime local = local_time(time, style.time_zone);
  return dated(clock_text(local), local, local_time(now, style.time_zone), style.lang);
}

std::string span_text(WallTime from, WallTime to, WallTime now, const MessageStyle& style) {
  const LocalTime start = local_time(from, style.time_zone);
  const LocalTime end = local_time(to, style.time_zone);
  if (!same_day(start, end) || start.zone != end.zone) {
    return phrase(
        "time_span", style.lang,
        Facts{}.set("from", time_text(from, now, style)).set("to", time_text(to, now, style)));
  }
  std::string clock = clock_text(start);
  if (clock_text(end) != clock) {
    clock = phrase("clock_span", style.lang, Facts{}.set("from", clock).set("to", clock_text(end)));
  }
  return dated(clock, start, local_time(now, style.time_zone), style.lang);
}

}  // namespace lectio
