#include "site/build_permissions.hpp"

#include <fmt/format.h>

#include <utility>

#include "site/build.hpp"

namespace lectio {
namespace {

Finding unreadable(const Error& error) {
  Finding finding{Outcome::unknown, "permissions_unreadable", {}};
  finding.facts.set("error", error.message);
  return finding;
}

Finding denied(const Obstacle& obstacle, const User& user) {
  const bool to_read = obstacle.missing == Want::read;
  Finding finding{Outcome::bad, "permission_denied", {}};
  finding.facts.set("path", obstacle.path)
      .set("account", user.name)
      .set("owner", user_name(obstacle.node.owner))
      .set("group", group_name(obstacle.node.group))
      .set("mode", fmt::format("{:04o}", obstacle.node.mode & 07777U))
      .set("missing", to_read ? "r" : "x")
      .set("acl", !obstacle.node.access_acl.empty());
  return finding;
}

}  // namespace

Finding judge_build_permissions(const std::string& directory,
                                const std::vector<std::string>& assets, const User& user,
                                const LookAt& look) {
  using Target = std::pair<std::string, Want>;
  std::vector<Target> targets{{directory + "/index.html", Want::read}};
  for (const std::string& asset : assets) {
    targets.emplace_back(fmt::format("{}/{}", directory, asset), Want::read);
  }
  for (const char* part : {"/static", "/static/js", "/static/css", "/static/media"}) {
    targets.emplace_back(directory + part, Want::search);
  }
  AccessCheck check{user, look};
  for (const auto& [path, want] : targets) {
    const auto obstacle = check.obstacle(path, want);
    if (!obstacle) return unreadable(obstacle.error());
    if (!*obstacle) continue;
    if ((*obstacle)->kind == Obstacle::Kind::denied) return denied(**obstacle, user);
    if (&path == &targets.front().first) return {Outcome::skipped, "build_missing", {}};
  }
  Finding finding{Outcome::good, "permissions_ok", {}};
  finding.facts.set("account", user.name).set("files", assets.size() + 1);
  return finding;
}

Finding probe_build_permissions(const std::string& directory, const std::string& web_user,
                                const std::vector<std::string>& hosts) {
  const auto user = find_user(web_user);
  if (!user && user.error().kind == ErrorKind::config) {
    Finding finding{Outcome::unknown, "web_user_missing", {}};
    finding.facts.set("account", web_user);
    return finding;
  }
  if (!user) return unreadable(user.error());
  const auto html = read_index(directory);
  if (!html) return unreadable(html.error());
  if (!*html) return {Outcome::skipped, "build_missing", {}};
  return judge_build_permissions(directory, build_assets(**html, hosts), *user, file_node);
}

}  // namespace lectio
