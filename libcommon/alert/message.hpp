// An event in words: Telegram HTML in the owner's language and time zone.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "alert/event.hpp"
#include "alert/notice.hpp"
#include "base/text.hpp"

namespace lectio {

struct MessageStyle {
  Lang lang = Lang::ru;
  std::string site = "Lectio";  // of the title
  std::string host;
  std::string time_zone;  // of the tz database; empty: the machine's own
};

// UTF-16 code units after entity parsing: what Telegram counts.
inline constexpr std::size_t message_limit = 4096;

// All texts of the notice that its kind has, each valid for Telegram as it stands: foreign
// text escaped and valid UTF-8, at most message_limit, at most 100 entities.
Notice to_notice(const Event& event, const MessageStyle& style, const Now& now);

// Without tags, entities resolved: for mail and for a receiver that cannot parse it.
std::string plain_text(std::string_view html);

// Text of ours or of strangers as Telegram shows it literally: & < > escaped; control
// characters but line breaks, bytes that are no UTF-8 and direction overrides replaced.
// `command` in backticks becomes <code>.
std::string escaped(std::string_view text);

// UTF-16 code units of what a reader sees.
std::size_t length_after_parsing(std::string_view html);

// 4 hex digits that a person can quote.
std::string incident_name(std::uint64_t incident);

// "7 мин", "2 ч 5 мин", "3 дн 4 ч"
std::string duration_text(Milliseconds duration, Lang lang);

// "12:05 МСК", with the date when it is not today: "24.11 12:05 МСК"
std::string time_text(WallTime time, WallTime now, const MessageStyle& style);

}  // namespace lectio
