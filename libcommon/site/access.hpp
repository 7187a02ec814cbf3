// Whether an account may read a path: what the kernel would say, from metadata alone.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>

#include "base/result.hpp"
#include "io/filesystem.hpp"
#include "io/user.hpp"

namespace lectio {

enum class Want { read, search };  // search: pass through a directory

// Owner, group and other bits, or the POSIX ACL; an ACL that does not parse grants nothing.
bool is_allowed(const FileNode& node, const User& user, Want want);

// What stands at a path, links not followed: file_node, or a test's.
using LookAt = std::function<Result<std::optional<FileNode>>(const std::string& path)>;

struct Obstacle {
  enum class Kind { denied, absent } kind;
  std::string path;  // the first that stands in the way
  FileNode node;     // of a denied one
  Want missing = Want::read;
};

// Walks absolute paths from / as one account; remembers the directories it has passed.
class AccessCheck {
 public:
  AccessCheck(User user, LookAt look) : user_(std::move(user)), look_(std::move(look)) {}

  // Nothing when the account may read the file, or pass through the directory. Errors: a
  // path that we may not look at ourselves, links that lead in a circle.
  Result<std::optional<Obstacle>> obstacle(const std::string& path, Want want);

 private:
  User user_;
  LookAt look_;
  std::set<std::string> passed_;
};

}  // namespace lectio
