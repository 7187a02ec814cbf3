// The parts of an address.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lectio {

struct Url {
  std::string scheme;  // "http" or "https"
  std::string host;    // lower case, IPv6 in brackets
  int port = 0;        // 80 or 443 when the address names none
  std::string path;    // with the query, at least "/"

  // As a Host header: without the scheme's own port.
  std::string host_header() const;
  bool is_loopback() const;
};

// "localhost", "[::1]", or a number of 127.0.0.0/8: what no name server can turn elsewhere.
bool is_loopback_host(std::string_view host);

// Nothing for what is no http(s) address or carries a user name.
std::optional<Url> parse_url(std::string_view text);

// That an address of any scheme carries, as it is written and as it is meant; none: it has none.
std::vector<std::string> passwords_in_url(std::string_view text);

// The absolute http(s) address that `reference` means on the page at `page`
// ("main.js", "/main.js", "//host/main.js", "https://..."); nothing for any other.
std::optional<std::string> resolve_url(const std::string& page, const std::string& reference);

}  // namespace lectio
