// Accounts of this machine, as NSS knows them.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/result.hpp"

namespace lectio {

struct User {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;  // with `gid`
  std::string home;
};

// By name, or by number. An unknown one is an error (ErrorKind::config).
Result<User> find_user(const std::string& name);

bool we_are_root();

// The number as text when it has no name.
std::string user_name(uid_t uid);
std::string group_name(gid_t gid);

}  // namespace lectio
