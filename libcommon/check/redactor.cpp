#include "check/redactor.hpp"

#include <rapidjson/encodings.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/stringbuffer.h>

#include <algorithm>
#include <array>

#include "base/ascii.hpp"
#include "base/utf8.hpp"

namespace lectio {
namespace {

constexpr std::string_view hidden = "***";
// Nobody says more than this to a monitor; the rest is not looked at.
constexpr std::size_t longest_text = 16384;

void replace_all(std::string& text, std::string_view what) {
  std::string result;
  std::string_view rest = text;
  for (std::size_t at = rest.find(what); at != std::string_view::npos; at = rest.find(what)) {
    result.append(rest.substr(0, at)).append(hidden);
    rest.remove_prefix(at + what.size());
  }
  text = result.append(rest);
}

// The base64url of {" begins every JWT.
void replace_tokens(std::string& text) {
  constexpr std::string_view mark = "eyJ";
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
  constexpr std::size_t shortest = 16;
  for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at)) {
    const std::size_t end = std::min(text.find_first_not_of(alphabet, at), text.size());
    if (end - at >= shortest) text.replace(at, end - at, hidden);
    at = std::min(text.size(), at + mark.size());
  }
}

// Who an address is opened as: scheme://USER:PASSWORD@host.
void replace_credentials(std::string& text) {
  constexpr std::string_view mark = "://";
  for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at)) {
    at += mark.size();
    const std::size_t end = std::min(text.find_first_of("/?# \t\n\"'<>", at), text.size());
    const std::size_t host = end > at ? text.rfind('@', end - 1) : std::string::npos;
    if (host != std::string::npos && host > at) text.replace(at, host - at, hidden);
  }
}

bool is_quote(char c) { return c == '"' || c == '\''; }

// `at` is behind the quote: where its like stands that is not escaped more than it was itself.
std::size_t end_of_quoted(std::string_view text, std::size_t at) {
  const char quote = text[at - 1];
  const bool is_escaped = at >= 2 && text[at - 2] == '\\';
  for (std::size_t end = at; end < text.size(); ++end) {
    if (text[end] == '\\' && is_escaped && end + 1 < text.size() && text[end + 1] == quote)
      return end;
    if (text[end] == '\\') {
      ++end;
    } else if (text[end] == quote) {
      return end;
    }
  }
  return text.size();
}

// password=VALUE, "token": "VALUE", Bearer VALUE: what somebody named a secret is one.
void replace_named(std::string& text) {
  constexpr std::array<std::string_view, 6> names{"password", "passwd",  "secret",
                                                  "token",    "api_key", "bearer "};
  constexpr std::string_view ends = " \t\n\"'&,;(){}[]<>\\";
  const std::string all = lower(text);
  std::string result;
  std::size_t kept = 0;  // of `text`
  for (std::size_t at = 0; at < text.size();) {
    const auto name = std::ranges::find_if(names, [&](std::string_view one) {
      return std::string_view{all}.substr(at).starts_with(one);
    });
    if (name == names.end()) {
      ++at;
      continue;
    }
    at += name->size();
    if (!name->ends_with(' ')) {
      while (at < text.size() &&
             (is_name(std::string_view{text}.substr(at, 1)) || text[at] == '-')) {
        ++at;  // password1, SECRET_KEY
      }
      const std::size_t sign = std::min(text.find_first_not_of(" \"'\\", at), text.size());
      const bool is_quoted = text.find_first_of("\"'", at) < sign;
      if (sign == text.size() || (text[sign] != '=' && !(is_quoted && text[sign] == ':'))) continue;
      at = sign + 1;
    }
    at = std::min(text.find_first_not_of(" [({", at), text.size());
    if (at + 1 < text.size() && (text[at] == 'b' || text[at] == 'u') && is_quote(text[at + 1]))
      ++at;
    at = std::min(text.find_first_not_of("\"'\\", at), text.size());
    const std::size_t end = is_quote(text[at - 1])
                                ? end_of_quoted(text, at)
                                : std::min(text.find_first_of(ends, at), text.size());
    if (end == at) continue;
    result.append(text, kept, at - kept).append(hidden);
    kept = at = end;
  }
  text = result.append(text, kept);
}

// Nothing that a person sees, and some of it hides what follows.
bool is_unseen(char32_t c) {
  return is_control(c) || is_direction(c) || (c >= 0x200b && c <= 0x200d) ||
         (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

}  // namespace

void Redactor::add_secret(std::string_view secret) {
  if (!secret.empty()) secrets_.emplace(secret);
}

std::string Redactor::clean(std::string_view text, std::size_t max_characters) const {
  std::string safe{text.substr(0, longest_text)};
  for (const std::string& secret : secrets_) replace_all(safe, secret);
  replace_tokens(safe);
  replace_credentials(safe);
  replace_named(safe);

  rapidjson::MemoryStream stream{safe.data(), safe.size()};
  rapidjson::StringBuffer result;
  for (std::size_t count = 0; stream.Tell() < safe.size(); ++count) {
    if (count == max_characters) {
      for (const char c : std::string_view{"..."}) result.Put(c);
      break;
    }
    unsigned codepoint = 0;
    if (!rapidjson::UTF8<>::Decode(stream, &codepoint)) codepoint = '?';
    rapidjson::UTF8<>::Encode(result, is_unseen(codepoint) ? ' ' : codepoint);
  }
  return {result.GetString(), result.GetSize()};
}

}  // namespace lectio
