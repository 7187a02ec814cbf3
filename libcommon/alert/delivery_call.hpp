// One planned call, said another way where Telegram's answer asks for that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "alert/delivery_plan.hpp"
#include "alert/telegram.hpp"
#include "base/clock.hpp"
#include "io/http.hpp"

namespace lectio {

struct CallTarget {
  std::string chat;
  std::int64_t message = 0;  // the incident's live one; 0: there is none
  std::int64_t topic = 0;    // where that is
};

struct CallResult {
  TelegramAnswer answer;   // done, wait, migrated, refused or unavailable
  std::int64_t topic = 0;  // where the message is
};

// As plain text what cannot be parsed, cut to 4000 UTF-16 units what is too long, without the
// topic or the target what is gone: an edit is then a new message, a reply no reply. `notes`
// say what had to be left away.
CallResult make_call(const PlannedCall& call, const CallTarget& target,
                     const TelegramSettings& settings, Http& http, const Deadline& deadline,
                     std::vector<std::string>& notes);

}  // namespace lectio
