// May the web server's account read the built frontend?
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "check/finding.hpp"
#include "io/filesystem.hpp"
#include "io/user.hpp"
#include "site/access.hpp"

namespace lectio {

// Every directory from / to the build must let the account through, as must the build's own
// static directories; index.html and each of `assets` must be readable.
// Codes: permissions_ok, permission_denied, build_missing (skipped: the build check tells),
// permissions_unreadable.
Finding judge_build_permissions(const std::string& directory,
                                const std::vector<std::string>& assets, const User& user,
                                const LookAt& look);

// The same of this machine; also web_user_missing.
Finding probe_build_permissions(const std::string& directory, const std::string& web_user,
                                const std::vector<std::string>& hosts);

}  // namespace lectio
