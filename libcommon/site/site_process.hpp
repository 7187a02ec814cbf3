// The site's own code, run beside it: as whom, in which environment, and what of its words may be
// shown.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "check/redactor.hpp"
#include "io/process.hpp"
#include "io/systemd.hpp"
#include "site/config.hpp"

namespace lectio {

struct SiteProcess {
  std::string user;  // empty: as ourselves
  std::map<std::string, std::string> environment;
};

// Taken from the running backend when there is one: settings that come from its unit file
// (the database above all) are then the site's real ones, and whatever Django writes
// belongs to the same user. Otherwise what the unit file says, and WEB_USER where it names nobody.
// Only root can be somebody else. DJANGO_SETTINGS_MODULE is the configured one where neither says.
SiteProcess site_process(const Config& config, Systemd& systemd);

// Of the bytes of /proc/PID/environ: without what systemd and the loader mean for that very
// process.
std::map<std::string, std::string> parse_environment(const std::string& bytes);

// `argv` in `directory` as the site; no bytecode is written.
ProcessRequest as_site(const SiteProcess& site, std::vector<std::string> argv,
                       const std::string& directory);

// A Python program, which gets `request`, a JSON object without "script", as the dictionary
// `request`. The process list shows neither.
ProcessRequest as_site_python(const SiteProcess& site, const std::string& python,
                              const std::string& directory, std::string_view script,
                              std::string request);

// Words of the site's own code, fit to be shown. It may have quoted a secret in JSON, in a
// repr or in a repr of that: what still holds one, backslashes aside, is not shown at all.
class SiteCensor {
 public:
  // `more`: beside what the environment calls a secret.
  SiteCensor(const SiteProcess& site, const std::vector<std::string>& more);

  std::string pass(std::string_view text) const;
  // The last line of a program's complaint. When its beginning was lost (`cut`), what may be half
  // a line, with half a secret, is not told at all.
  std::string pass_last_line(std::string_view text, bool cut) const;

 private:
  Redactor redactor_;
  std::vector<std::string> bare_;
};

}  // namespace lectio
