// The second way to the owner, for what Telegram does not take.
#pragma once

#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "io/http.hpp"

namespace lectio {

struct FallbackSettings {
  // smtp://, smtps:// (io/mail.hpp) or the http(s) address of a Healthchecks check; empty: none.
  // Secret.
  std::string url;
  Milliseconds after{600'000};  // that Telegram has not taken a notice
};

// A mail whose subject is the first line of `text` (plain), or a ping of failure with its
// first 10,000 bytes. Taken, or an error that names the host only.
Result<void> send_fallback(const std::string& url, const std::string& text, Http& http,
                           Clock& clock, const Deadline& deadline);

}  // namespace lectio
