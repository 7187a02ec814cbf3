// An event in words: Telegram HTML in the owner's language and time zone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "alert/event.hpp"
#include "alert/html.hpp"
#include "alert/notice.hpp"
#include "base/text.hpp"

namespace lectio {

struct MessageStyle {
  Lang lang = Lang::ru;
  std::string site = "Lectio";  // of the title
  std::string host;
  std::string time_zone;  // of the tz database; empty or unknown to it: the machine's own
};

// UTF-16 code units after entity parsing, and entities: what Telegram counts.
inline constexpr std::size_t message_limit = 4096;
inline constexpr std::size_t entity_limit = 100;

// All texts of the notice that its kind has, each valid for Telegram as it stands: foreign
// text escaped and valid UTF-8, at most message_limit and entity_limit. A text that is too
// long ends in "…", a list in «и ещё N». `view.ended` is quoted as what was the matter: its
// texts are those of the last time that it was not well.
Notice to_notice(const Event& event, const MessageStyle& style, const Now& now);

// 4 hex digits that a person can quote; no two of 65536 incidents in a row share them.
std::string incident_name(std::uint64_t incident);

// "45 с", "7 мин", "2 ч 5 мин", "3 дн 4 ч": rounded down; a negative one is "0 с".
std::string duration_text(Milliseconds duration, Lang lang);

// "12:05 МСК", with the date when it is not today: "24.11 12:05 МСК"
std::string time_text(WallTime time, WallTime now, const MessageStyle& style);

// "12:05–12:17 МСК", "24.11 23:50 МСК – 00:10 МСК"
std::string span_text(WallTime from, WallTime to, WallTime now, const MessageStyle& style);

}  // namespace lectio
