// Whether what is to be told can reach anybody.
#pragma once

#include <string>

#include "alert/delivery.hpp"
#include "base/result.hpp"
#include "check/finding.hpp"

namespace lectio {

// Of every tool: `alert_path`.
CheckInfo alert_path_check();

// From the settings and what deliveries have left in the outbox. Codes: alert_path_ok,
// alert_not_configured (fact `keys`), alert_refused and alert_failing (facts `reason`,
// `minutes`), alert_unreadable (fact `error`).
Finding probe_alert_path(const std::string& outbox, const DeliverySettings& settings, Clock& clock,
                         std::vector<std::string>& notes);

// `kept`, and what Telegram says of the chat when it is looked up. No answer says nothing: that
// is what the outbox is for.
Finding judge_chat(Finding kept, const TelegramAnswer& answer);

}  // namespace lectio
