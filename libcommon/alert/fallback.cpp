#include "alert/fallback.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "alert/ping.hpp"
#include "base/utf8.hpp"
#include "io/mail.hpp"

namespace lectio {
namespace {

constexpr std::size_t most_ping_bytes = 10'000;
constexpr std::size_t most_subject_bytes = 200;

// The first `most` bytes without the part of a character.
std::string beginning(std::string_view text, std::size_t most) {
  std::string kept;
  while (!text.empty()) {
    std::string character;
    append_utf8(character, take_code_point(text));
    if (kept.size() + character.size() > most) break;
    kept += character;
  }
  return kept;
}

Result<void> send_as_mail(const std::string& url, const std::string& text, Clock& clock,
                          const Deadline& deadline) {
  const auto server = parse_mail_url(url);
  if (!server) return fail(server.error().kind, "ALERT_FALLBACK_URL: " + server.error().message);
  const std::string first_line = text.substr(0, text.find('\n'));
  return send_mail(*server,
                   {.subject = beginning(first_line, most_subject_bytes),
                    .body = text + "\n",
                    .date = clock.wall()},
                   deadline);
}

Result<void> send_as_ping(const std::string& url, const std::string& text, Http& http, Clock& clock,
                          const Deadline& deadline) {
  const Finding answer =
      send_ping({.url = url, .kind = PingKind::failure, .body = beginning(text, most_ping_bytes)},
                http, clock, deadline);
  if (answer.outcome == Outcome::good) return {};
  std::string detail;
  for (const char* const name : {"status", "error", "detail"}) {
    if (const FactValue* const value = answer.facts.find(name)) detail += " " + to_text(*value);
  }
  return fail(ErrorKind::network, fmt::format("{}: {}{}", ping_host(url), answer.code, detail));
}

}  // namespace

Result<void> send_fallback(const std::string& url, const std::string& text, Http& http,
                           Clock& clock, const Deadline& deadline) {
  if (url.starts_with("smtp://") || url.starts_with("smtps://")) {
    return send_as_mail(url, text, clock, deadline);
  }
  if (url.starts_with("http://") || url.starts_with("https://")) {
    return send_as_ping(url, text, http, clock, deadline);
  }
  return fail(ErrorKind::config, "ALERT_FALLBACK_URL is neither smtp(s):// nor http(s)://");
}

}  // namespace lectio
