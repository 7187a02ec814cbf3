#include "site/access.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <map>

namespace lectio {
namespace {

const User web{"www-data", 33, 33, {33, 500}, "/var/www"};

FileNode node(mode_t mode, uid_t owner, gid_t group) { return {mode, owner, group, 1, {}, {}}; }
FileNode directory(mode_t mode, uid_t owner = 0, gid_t group = 0) {
  return node(S_IFDIR | mode, owner, group);
}
FileNode file(mode_t mode, uid_t owner = 0, gid_t group = 0) {
  return node(S_IFREG | mode, owner, group);
}
FileNode link(const std::string& target) {
  FileNode made = node(S_IFLNK | 0777, 0, 0);
  made.link_target = target;
  return made;
}

bool may_read(const FileNode& node) { return is_allowed(node, web, Want::read); }

TEST(IsAllowed, TheFirstClassThatFitsDecides) {
  EXPECT_TRUE(may_read(file(0644)));
  EXPECT_FALSE(may_read(file(0640)));
  EXPECT_TRUE(may_read(file(0640, 0, 33)));
  EXPECT_TRUE(may_read(file(0640, 0, 500))) << "a supplementary group";
  EXPECT_TRUE(may_read(file(0400, 33)));
  EXPECT_FALSE(may_read(file(0044, 33, 33))) << "the owner is not also a member or the others";
  EXPECT_FALSE(may_read(file(0604, 0, 33))) << "a member is not also the others";
  EXPECT_FALSE(may_read(file(0000, 33)));
}

TEST(IsAllowed, ReadingAndSearchingAreDifferentRights) {
  EXPECT_TRUE(is_allowed(directory(0711), web, Want::search));
  EXPECT_FALSE(is_allowed(directory(0711), web, Want::read));
  EXPECT_FALSE(is_allowed(directory(0744), web, Want::search));
}

TEST(IsAllowed, SetuidSetgidAndStickyBitsAreNoRights) {
  EXPECT_TRUE(is_allowed(directory(02755), web, Want::search));
  EXPECT_FALSE(is_allowed(directory(07700), web, Want::search));
}

TEST(IsAllowed, RootMayEverything) {
  EXPECT_TRUE(is_allowed(file(0000, 33), {"root", 0, 0, {0}, "/root"}, Want::read));
}

struct Entry {
  unsigned tag;
  unsigned permissions;
  unsigned id;
};

// The bytes of system.posix_acl_access.
std::string acl(const std::vector<Entry>& entries) {
  std::string bytes{"\2\0\0\0", 4};
  const auto put = [&](unsigned value, int size) {
    for (int i = 0; i < size; ++i) bytes.push_back(static_cast<char>(value >> (8 * i)));
  };
  for (const Entry& entry : entries) {
    put(entry.tag, 2);
    put(entry.permissions, 2);
    put(entry.id, 4);
  }
  return bytes;
}

constexpr unsigned nobody = 0xFFFFFFFF;

// rw- for the owner, so much for user 33, group 500, under this mask, and --- for others.
FileNode with_acl(unsigned user, unsigned group, unsigned mask) {
  FileNode made = file(0600 | (mask << 3U), 0, 0);
  made.access_acl = acl({{1, 6, nobody},
                         {2, user, 33},
                         {4, 0, nobody},
                         {8, group, 500},
                         {16, mask, nobody},
                         {32, 0, nobody}});
  return made;
}

TEST(IsAllowed, AnAclGivesWhatItsMaskLetsThrough) {
  EXPECT_TRUE(may_read(with_acl(4, 0, 4)));
  EXPECT_FALSE(may_read(with_acl(4, 0, 1))) << "masked";
  EXPECT_FALSE(may_read(with_acl(0, 4, 4))) << "a named user's entry is the last word";
}

TEST(IsAllowed, AnAclsGroupsAreTriedBeforeTheOthers) {
  FileNode granted = file(0640, 0, 0);
  granted.access_acl =
      acl({{1, 6, nobody}, {4, 0, nobody}, {8, 4, 500}, {16, 4, nobody}, {32, 0, nobody}});
  EXPECT_TRUE(may_read(granted));
  FileNode refused = file(0644, 0, 0);
  refused.access_acl =
      acl({{1, 6, nobody}, {4, 4, nobody}, {8, 0, 500}, {16, 4, nobody}, {32, 4, nobody}});
  EXPECT_FALSE(may_read(refused)) << "a matching group that denies keeps the others away";
  FileNode others = file(0644, 0, 0);
  others.access_acl = acl({{1, 6, nobody}, {4, 4, nobody}, {32, 4, nobody}});
  EXPECT_TRUE(may_read(others));
}

TEST(IsAllowed, AnAclThatDoesNotParseGrantsNothing) {
  FileNode odd = file(0644, 0, 0);
  odd.access_acl = std::string{"\3\0\0\0\1", 5};
  EXPECT_FALSE(may_read(odd));
}

class AccessCheckTest : public testing::Test {
 protected:
  // "free", or what stands in the way: "denied /var/www x".
  std::string way_to(const std::string& path, Want want = Want::read) {
    const auto obstacle = check.obstacle(path, want);
    if (!obstacle) return "error " + obstacle.error().message;
    if (!*obstacle) return "free";
    if ((*obstacle)->kind == Obstacle::Kind::absent) return "absent " + (*obstacle)->path;
    return "denied " + (*obstacle)->path + ((*obstacle)->missing == Want::read ? " r" : " x");
  }

  std::map<std::string, FileNode> tree{{"/", directory(0755)},
                                       {"/var", directory(0755)},
                                       {"/var/www", directory(0755)},
                                       {"/var/www/build", directory(0750, 33, 33)},
                                       {"/var/www/build/index.html", file(0640, 0, 33)}};
  int looked = 0;
  AccessCheck check{web, [this](const std::string& path) -> Result<std::optional<FileNode>> {
                      ++looked;
                      const auto found = tree.find(path);
                      if (found == tree.end()) return std::nullopt;
                      if (found->second.mode == 0) return fail(ErrorKind::io, path);
                      return found->second;
                    }};
};

TEST_F(AccessCheckTest, PassesAllTheWay) { EXPECT_EQ(way_to("/var/www/build/index.html"), "free"); }

TEST_F(AccessCheckTest, NamesTheFirstThatStandsInTheWay) {
  tree["/var"] = directory(0700);
  tree["/var/www/build"] = directory(0700);
  tree["/var/www/build/index.html"] = file(0000, 33);
  EXPECT_EQ(way_to("/var/www/build/index.html"), "denied /var x");
  tree["/var"] = directory(0711);
  EXPECT_EQ(way_to("/var/www/build/index.html"), "denied /var/www/build x");
  tree["/var/www/build"] = directory(0755);
  EXPECT_EQ(way_to("/var/www/build/index.html"), "denied /var/www/build/index.html r");
}

TEST_F(AccessCheckTest, NamesTheFirstThatIsAbsent) {
  EXPECT_EQ(way_to("/var/www/new/index.html"), "absent /var/www/new");
  EXPECT_EQ(way_to("/var/www/build/index.html/x"), "absent /var/www/build/index.html/x");
}

TEST_F(AccessCheckTest, FollowsLinksAsTheKernelDoes) {
  tree["/var/www/build"] = link("releases/7");
  tree["/var/www/releases"] = directory(0755);
  tree["/var/www/releases/7"] = directory(0755);
  tree["/var/www/releases/7/index.html"] = link("/srv/shared/../index.html");
  tree["/srv"] = directory(0755);
  tree["/srv/shared"] = directory(0700);
  tree["/srv/index.html"] = file(0644);
  EXPECT_EQ(way_to("/var/www/build/index.html"), "denied /srv/shared x");
  tree["/srv/shared"] = directory(0711);
  EXPECT_EQ(way_to("/var/www/build/index.html"), "free");
}

TEST_F(AccessCheckTest, LinksInACircleAreAnError) {
  tree["/var/www/build"] = link("/var/www/build");
  EXPECT_EQ(way_to("/var/www/build/index.html"),
            "error /var/www/build/index.html: links lead in a circle");
}

TEST_F(AccessCheckTest, SaysWhatItCouldNotLookAt) {
  tree["/var/www"].mode = 0;
  EXPECT_EQ(way_to("/var/www/build/index.html"), "error /var/www");
}

TEST_F(AccessCheckTest, LooksAtADirectoryOnce) {
  way_to("/var/www/build/index.html");
  looked = 0;
  EXPECT_EQ(way_to("/var/www/build/index.html"), "free");
  EXPECT_EQ(looked, 1) << "the file alone";
}

}  // namespace
}  // namespace lectio
