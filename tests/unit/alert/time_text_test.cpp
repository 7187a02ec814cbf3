#include <gtest/gtest.h>
#include <time.h>

#include <chrono>
#include <cstdlib>

#include "alert/message.hpp"

namespace lectio {
namespace {

using namespace std::chrono_literals;

constexpr WallTime day_of(int year, unsigned month, unsigned day) {
  return std::chrono::sys_days{std::chrono::year{year} / std::chrono::month{month} /
                               std::chrono::day{day}};
}

constexpr WallTime now = day_of(2026, 11, 24) + 9h + 12min;

MessageStyle style(Lang lang = Lang::ru, std::string zone = "Europe/Moscow") {
  return {.lang = lang, .site = "Lectio", .host = "", .time_zone = std::move(zone)};
}

TEST(DurationTextTest, NamesTheTwoLargestUnits) {
  EXPECT_EQ(duration_text(45s + 900ms, Lang::ru), "45 с");
  EXPECT_EQ(duration_text(7min + 59s, Lang::ru), "7 мин");
  EXPECT_EQ(duration_text(2h + 5min, Lang::ru), "2 ч 5 мин");
  EXPECT_EQ(duration_text(2h + 59s, Lang::ru), "2 ч");
  EXPECT_EQ(duration_text(76h, Lang::ru), "3 дн 4 ч");
  EXPECT_EQ(duration_text(72h + 59min, Lang::ru), "3 дн");
}

TEST(DurationTextTest, SpeaksEnglish) {
  EXPECT_EQ(duration_text(45s, Lang::en), "45 s");
  EXPECT_EQ(duration_text(2h + 5min, Lang::en), "2 h 5 min");
  EXPECT_EQ(duration_text(76h, Lang::en), "3 d 4 h");
}

TEST(DurationTextTest, IsNeverNegative) {
  EXPECT_EQ(duration_text(0ms, Lang::ru), "0 с");
  EXPECT_EQ(duration_text(-5min, Lang::ru), "0 с");
}

TEST(TimeTextTest, IsTheClockOfTheZone) {
  EXPECT_EQ(time_text(now - 7min, now, style()), "12:05 МСК");
  EXPECT_EQ(time_text(now - 7min, now, style(Lang::en)), "12:05 MSK");
  EXPECT_EQ(time_text(now, now, style(Lang::ru, "Europe/Berlin")), "10:12 CET");
}

TEST(TimeTextTest, HasTheDateWhenItIsNotToday) {
  EXPECT_EQ(time_text(now - 24h, now, style()), "23.11 12:12 МСК");
  EXPECT_EQ(time_text(now - 24h, now, style(Lang::en)), "23 Nov 12:12 MSK");
  EXPECT_EQ(time_text(now - 24h * 365, now, style()), "24.11.2025 12:12 МСК");
  EXPECT_EQ(time_text(now - 24h * 365, now, style(Lang::en)), "24 Nov 2025 12:12 MSK");
}

TEST(TimeTextTest, TakesTodayForTheDayOfTheZone) {
  const WallTime evening = day_of(2026, 11, 24) + 22h;  // the 25th in Moscow
  EXPECT_EQ(time_text(evening - 2h, evening, style()), "24.11 23:00 МСК");
  EXPECT_EQ(time_text(evening - 2h, evening, style(Lang::ru, "UTC")), "20:00 UTC");
}

TEST(TimeTextTest, NamesAZoneWithoutANameByItsOffset) {
  EXPECT_EQ(time_text(now, now, style(Lang::ru, "Asia/Yekaterinburg")), "14:12 UTC+5");
  EXPECT_EQ(time_text(now, now, style(Lang::en, "America/Sao_Paulo")), "06:12 UTC-3");
  EXPECT_EQ(time_text(now, now, style(Lang::en, "Asia/Kathmandu")), "14:57 UTC+5:45");
}

TEST(TimeTextTest, IsInTheMachinesOwnZoneWithoutAKnownOne) {
  ::setenv("TZ", "Asia/Tokyo", 1);
  ::tzset();
  EXPECT_EQ(time_text(now, now, style(Lang::ru, "")), "18:12 JST");
  EXPECT_EQ(time_text(now, now, style(Lang::ru, "Mars/Olympus")), "18:12 JST");
  ::unsetenv("TZ");
  ::tzset();
}

TEST(SpanTextTest, NamesTheDayAndTheZoneOnce) {
  EXPECT_EQ(span_text(now - 12min, now, now, style()), "12:00–12:12 МСК");
  EXPECT_EQ(span_text(now - 25h, now - 24h, now, style()), "23.11 11:12–12:12 МСК");
  EXPECT_EQ(span_text(now - 20s, now, now, style()), "12:11–12:12 МСК");
  EXPECT_EQ(span_text(now, now + 20s, now, style()), "12:12 МСК");
}

TEST(SpanTextTest, NamesBothDaysWhenThereAreTwo) {
  EXPECT_EQ(span_text(now - 13h, now, now, style()), "23.11 23:12 МСК – 12:12 МСК");
  EXPECT_EQ(span_text(now - 13h, now, now, style(Lang::en)), "23 Nov 23:12 MSK – 12:12 MSK");
}

TEST(SpanTextTest, NamesBothZonesWhenTheClocksWereTurned) {
  const WallTime turn = day_of(2026, 10, 25) + 1h;  // 03:00 CEST becomes 02:00 CET
  EXPECT_EQ(span_text(turn - 30min, turn + 15min, turn + 1h, style(Lang::ru, "Europe/Berlin")),
            "02:30 CEST – 02:15 CET");
}

}  // namespace
}  // namespace lectio
