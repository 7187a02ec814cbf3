// As whom, and with which environment, the site's own code runs.
#pragma once

#include <map>
#include <string>

#include "io/systemd.hpp"
#include "site/config.hpp"

namespace lectio {

struct SiteProcess {
  std::string user;  // empty: as ourselves
  std::map<std::string, std::string> environment;
};

// Taken from the running backend when there is one: settings that come from its unit file
// (the database above all) are then the site's real ones, and whatever Django writes
// belongs to the same user. Otherwise WEB_USER with a bare environment. Only root can be
// somebody else.
SiteProcess site_process(const Config& config, Systemd& systemd);

// Of the bytes of /proc/PID/environ: without what systemd and the loader mean for that very
// process.
std::map<std::string, std::string> parse_environment(const std::string& bytes);

}  // namespace lectio
