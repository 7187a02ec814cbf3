#include "site/access.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

namespace lectio {
namespace {

constexpr int most_links = 40;  // as the kernel

// linux/posix_acl_xattr.h: a version, then entries, little-endian.
enum AclTag : unsigned {
  user_object = 0x01,
  named_user = 0x02,
  group_object = 0x04,
  named_group = 0x08,
  mask = 0x10,
  other = 0x20,
};

struct AclEntry {
  unsigned tag;
  unsigned permissions;
  std::uint32_t id;
};

unsigned little_endian(std::string_view bytes) {
  unsigned value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    value = (value << 8U) | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}

std::vector<AclEntry> parse_acl(std::string_view bytes) {
  std::vector<AclEntry> entries;
  if (bytes.size() < 4 || little_endian(bytes.substr(0, 4)) != 2) return entries;
  for (bytes.remove_prefix(4); bytes.size() >= 8; bytes.remove_prefix(8)) {
    entries.push_back({little_endian(bytes.substr(0, 2)), little_endian(bytes.substr(2, 2)),
                       little_endian(bytes.substr(4, 4))});
  }
  return entries;
}

bool is_member(const User& user, gid_t group) {
  return std::ranges::find(user.groups, group) != user.groups.end();
}

unsigned permissions_of(const std::vector<AclEntry>& acl, AclTag tag, unsigned absent) {
  const auto found = std::ranges::find(acl, tag, &AclEntry::tag);
  return found == acl.end() ? absent : found->permissions;
}

// As posix_acl_permission(): the owner was dealt with before; a named user, then any
// group that grants, then, only if no group matched, the others.
bool acl_allows(const std::vector<AclEntry>& acl, const FileNode& node, const User& user,
                unsigned wanted) {
  const unsigned limit = permissions_of(acl, mask, 7);
  bool matched = false;
  for (const AclEntry& entry : acl) {
    if (entry.tag == named_user && entry.id == user.uid) {
      return (entry.permissions & limit & wanted) == wanted;
    }
    const bool is_group =
        (entry.tag == group_object && is_member(user, node.group)) ||
        (entry.tag == named_group && is_member(user, static_cast<gid_t>(entry.id)));
    if (!is_group) continue;
    if ((entry.permissions & limit & wanted) == wanted) return true;
    matched = true;
  }
  return !matched && (permissions_of(acl, other, 0) & wanted) == wanted;
}

std::deque<std::string> parts_of(std::string_view path) {
  std::deque<std::string> parts;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    if (end > 0 && path.substr(0, end) != ".") parts.emplace_back(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return parts;
}

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

std::string join(const std::string& directory, const std::string& name) {
  return directory == "/" ? directory + name : directory + "/" + name;
}

}  // namespace

bool is_allowed(const FileNode& node, const User& user, Want want) {
  const unsigned wanted = want == Want::read ? 4U : 1U;
  if (user.uid == 0) return true;
  const auto granted = [&](unsigned shift) { return ((node.mode >> shift) & wanted) == wanted; };
  if (node.owner == user.uid) return granted(6);
  // With an ACL the group bits are its mask; the kernel looks no further when they are 0.
  if (!node.access_acl.empty() && (node.mode & S_IRWXG) != 0) {
    return acl_allows(parse_acl(node.access_acl), node, user, wanted);
  }
  return granted(is_member(user, node.group) ? 3 : 0);
}

Result<std::optional<Obstacle>> AccessCheck::obstacle(const std::string& path, Want want) {
  std::deque<std::string> rest = parts_of(path);
  std::string here = "/";
  int links = 0;
  while (true) {
    const bool is_last = rest.empty();
    if (!passed_.contains(here)) {
      const auto found = look_(here);
      if (!found) return std::unexpected(found.error());
      if (!*found) return Obstacle{Obstacle::Kind::absent, here, {}, want};
      const FileNode& node = **found;
      if (S_ISLNK(node.mode)) {
        if (++links > most_links) {
          return fail(ErrorKind::io, fmt::format("{}: links lead in a circle", path));
        }
        const auto target = parts_of(node.link_target);
        rest.insert(rest.begin(), target.begin(), target.end());
        here = node.link_target.starts_with('/') ? "/" : parent_of(here);
        continue;
      }
      if (!is_last && !S_ISDIR(node.mode)) {
        return Obstacle{Obstacle::Kind::absent, join(here, rest.front()), {}, want};
      }
      const Want needed = is_last ? want : Want::search;
      if (!is_allowed(node, user_, needed)) {
        return Obstacle{Obstacle::Kind::denied, here, node, needed};
      }
      if (needed == Want::search) passed_.insert(here);
    }
    if (is_last) return std::nullopt;
    const std::string name = std::move(rest.front());
    rest.pop_front();
    here = name == ".." ? parent_of(here) : join(here, name);
  }
}

}  // namespace lectio
