// What this machine itself can tell of the configuration: units, paths, addresses.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "io/systemd.hpp"

namespace lectio {

struct Found {
  std::string key;
  std::string value;
  std::string source;  // the file or unit that says so
};

struct Discovery {
  std::vector<Found> found;  // each key once, what others are derived from first
  // More than one site, and nothing to choose by: their addresses. Then only what they have in
  // common is found.
  std::vector<std::string> sites;
};

// Where it looks; others in tests.
struct Places {
  std::vector<std::string> unit_directories{"/etc/systemd/system", "/usr/local/lib/systemd/system",
                                            "/usr/lib/systemd/system"};
  std::string nginx = "/usr/sbin/nginx";
  std::string proc = "/proc";
};

// `known`: what is configured already, by key; it decides between several sites. Reads only
// (and runs `nginx -T`, which does too).
Discovery discover(const Places& places, Systemd& systemd, Clock& clock,
                   const std::function<std::optional<std::string>(std::string_view key)>& known);

}  // namespace lectio
