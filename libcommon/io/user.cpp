#include "io/user.hpp"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <charconv>

namespace lectio {
namespace {

const passwd* look_up(const std::string& name) {
  if (const passwd* entry = ::getpwnam(name.c_str())) return entry;
  uid_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc{} || end != name.data() + name.size()) return nullptr;
  return ::getpwuid(number);
}

}  // namespace

Result<User> find_user(const std::string& name) {
  const passwd* entry = look_up(name);
  if (entry == nullptr) return fail(ErrorKind::config, fmt::format("there is no user {}", name));
  User user{entry->pw_name, entry->pw_uid, entry->pw_gid, {}, entry->pw_dir};
  int count = 0;
  ::getgrouplist(user.name.c_str(), user.gid, nullptr, &count);
  user.groups.resize(static_cast<std::size_t>(count));
  ::getgrouplist(user.name.c_str(), user.gid, user.groups.data(), &count);
  return user;
}

bool we_are_root() { return ::geteuid() == 0; }

std::string user_name(uid_t uid) {
  const passwd* entry = ::getpwuid(uid);
  return entry == nullptr ? fmt::format("{}", uid) : entry->pw_name;
}

std::string group_name(gid_t gid) {
  const group* entry = ::getgrgid(gid);
  return entry == nullptr ? fmt::format("{}", gid) : entry->gr_name;
}

}  // namespace lectio
