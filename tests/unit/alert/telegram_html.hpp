// Telegram's reading of HTML, written from its documentation and not from our code.
#pragma once

#include <string>
#include <string_view>

namespace lectio {

struct TelegramReading {
  std::string fault;      // why Telegram would refuse it, or a reader be deceived; empty: fine
  std::string shown;      // what the chat shows
  std::size_t units = 0;  // UTF-16, of `shown`
  std::size_t entities = 0;
};

TelegramReading read_telegram_html(std::string_view html);

}  // namespace lectio
