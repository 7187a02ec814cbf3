// What nginx serves, from its own dump of its configuration.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace lectio {

// A `server` block that answers over TLS.
struct NginxSite {
  std::vector<std::string> names;  // its server_name, without wildcards
  std::uint16_t port = 443;
  std::string root;                  // empty: none
  std::string certificate;           // empty: none
  std::string access_log;            // empty: nginx's default
  std::string error_log;             // likewise
  std::vector<std::string> proxies;  // "127.0.0.1:8000", "unix:/run/gunicorn.sock"
};

struct NginxConfig {
  std::string user;  // of its workers; empty: not said
  std::vector<NginxSite> sites;
};

// Of `nginx -T`. Errors (ErrorKind::protocol): a block that is not closed, no dump at all.
Result<NginxConfig> parse_nginx_dump(std::string_view dump);

}  // namespace lectio
