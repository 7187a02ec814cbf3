#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/utf8.hpp"
#include "io/mail.hpp"

namespace lectio {
namespace {

constexpr std::string_view line_end = "\r\n";

std::string base64(std::string_view bytes) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (; !bytes.empty(); bytes.remove_prefix(std::min<std::size_t>(3, bytes.size()))) {
    const auto byte = [&](std::size_t i) {
      return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U;
    };
    const unsigned group = (byte(0) << 16U) | (byte(1) << 8U) | byte(2);
    for (std::size_t i = 0; i < 4; ++i) {
      text += i > bytes.size() ? '=' : digits[(group >> (18U - 6U * i)) & 63U];
    }
  }
  return text;
}

bool is_plain(char c) { return c >= ' ' && c <= '~'; }

// RFC 2047: lines of at most 76 characters, no word of which cuts a character in two.
std::string encoded_subject(std::string_view subject) {
  constexpr std::size_t most_plain = 60;
  constexpr std::size_t most_bytes = 39;
  const bool looks_encoded = subject.find("=?") != std::string_view::npos;
  if (subject.size() <= most_plain && !looks_encoded && std::ranges::all_of(subject, is_plain)) {
    return std::string{subject};
  }
  std::string encoded;
  std::string word;
  const auto end_word = [&] {
    if (word.empty()) return;
    if (!encoded.empty()) encoded.append(line_end).append(" ");
    encoded += "=?UTF-8?B?" + base64(word) + "?=";
    word.clear();
  };
  while (!subject.empty()) {
    std::string character;
    append_utf8(character, take_code_point(subject));
    if (character.size() == 1 && !is_plain(character[0])) character = " ";
    if (word.size() + character.size() > most_bytes) end_word();
    word += character;
  }
  end_word();
  return encoded;
}

std::string encoded_body(std::string_view body) {
  constexpr std::size_t line = 76;
  // A text's lines end with CRLF before they are encoded (RFC 2045, 6.8).
  std::string canonical;
  for (const char c : valid_utf8(body)) {
    if (c == '\r') continue;
    if (c == '\n') canonical += '\r';
    canonical += c;
  }
  const std::string digits = base64(canonical);
  std::string lines;
  for (std::size_t at = 0; at < digits.size(); at += line) {
    lines.append(digits, at, line).append(line_end);
  }
  return lines;
}

}  // namespace

std::string mail_text(const MailServer& server, const Mail& mail, std::string_view id) {
  const auto date = fmt::gmtime(std::chrono::system_clock::to_time_t(mail.date));
  const std::string domain = server.from.substr(server.from.find('@') + 1);
  return fmt::format(
      "Date: {:%a, %d %b %Y %H:%M:%S} +0000\r\n"
      "From: <{}>\r\n"
      "To: <{}>\r\n"
      "Message-ID: <{}@{}>\r\n"
      "Subject: {}\r\n"
      "Auto-Submitted: auto-generated\r\n"
      "MIME-Version: 1.0\r\n"
      "Content-Type: text/plain; charset=utf-8\r\n"
      "Content-Transfer-Encoding: base64\r\n"
      "\r\n"
      "{}",
      date, server.from, fmt::join(server.to, ">,\r\n <"), id, domain,
      encoded_subject(mail.subject), encoded_body(mail.body));
}

}  // namespace lectio
