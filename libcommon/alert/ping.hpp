// The ping protocol of Healthchecks: POST <url> for a success, <url>/fail for a failure.
#pragma once

#include <string>

#include "base/clock.hpp"
#include "check/finding.hpp"
#include "io/http.hpp"

namespace lectio {

enum class PingKind { success, failure };

// The url is a secret: whoever has it can ping in our name. Findings name its host only.
struct Ping {
  std::string url;
  PingKind kind = PingKind::success;
  std::string body;             // one line, shown by the server beside the ping
  Milliseconds timeout{10000};  // of one try
};

// Tries up to three times, 1 s and 2 s apart, when there was no answer or one that may be
// another the next time; a ping that arrives twice does no harm.
Finding send_ping(const Ping& ping, Http& http, Clock& clock, const Deadline& deadline);

std::string ping_host(const std::string& url);

}  // namespace lectio
