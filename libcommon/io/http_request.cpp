#include "io/http_request.hpp"

#include <algorithm>
#include <cctype>

namespace lectio {
namespace {

constexpr std::size_t max_url = 64U << 10U;

// What libcurl does not see, or would read as something else: it looks at the rest.
bool is_http_url(std::string_view text) {
  const bool has_scheme = text.starts_with("http://") || text.starts_with("https://");
  return has_scheme && text.size() <= max_url && !text.contains('\0');
}

bool is_token(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || marks.contains(c);
  });
}

// What would end the line would start a header of somebody else's choice.
bool is_header(const std::pair<std::string, std::string>& header) {
  constexpr std::string_view line_ends{"\r\n\0", 3};
  return is_token(header.first) && header.second.find_first_of(line_ends) == std::string::npos;
}

}  // namespace

std::string_view flaw_of(const HttpRequest& request) {
  if (!is_http_url(request.url)) return "malformed url, or neither http nor https";
  if (!is_token(request.method)) return "malformed request method";
  if (!std::ranges::all_of(request.headers, is_header)) return "malformed request header";
  return {};
}

}  // namespace lectio
