#include "site/build.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "site/build_permissions.hpp"
#include "site/server_fakes.hpp"

namespace lectio {
namespace {

using server_fakes::fact;
using server_fakes::told;
using testing::ElementsAre;

const std::vector<std::string> hosts{"lectio.test", "www.lectio.test"};

TEST(BuildPath, IsWhereTheReferenceLiesOnDisk) {
  EXPECT_EQ(build_path("/static/js/main.1a.js", hosts), "static/js/main.1a.js");
  EXPECT_EQ(build_path("static/js/main.1a.js", hosts), "static/js/main.1a.js");
  EXPECT_EQ(build_path("./app.js", hosts), "app.js");
  EXPECT_EQ(build_path("/app.js?v=2#top", hosts), "app.js");
  EXPECT_EQ(build_path("/my%20app%2ejs", hosts), "my app.js");
  EXPECT_EQ(build_path("https://lectio.test/app.js", hosts), "app.js");
  EXPECT_EQ(build_path("//www.lectio.test/app.js", hosts), "app.js");
}

TEST(BuildPath, LeavesOtherHostsFilesToThem) {
  EXPECT_EQ(build_path("https://cdn.test/app.js", hosts), "");
  EXPECT_EQ(build_path("//cdn.test/app.js", hosts), "");
  EXPECT_EQ(build_path("https://lectio.test.evil.test/app.js", hosts), "");
  EXPECT_EQ(build_path("data:text/javascript,alert(1)", hosts), "");
  EXPECT_EQ(build_path("https://lectio.test", hosts), "");
}

TEST(BuildPath, NeverLeavesTheBuild) {
  EXPECT_EQ(build_path("/../../etc/passwd", hosts), "etc/passwd");
  EXPECT_EQ(build_path("../../etc/passwd", hosts), "etc/passwd");
  EXPECT_EQ(build_path("/%2e%2e/%2E%2E/etc/passwd", hosts), "etc/passwd");
  EXPECT_EQ(build_path("/a%00b%zz%2", hosts), "a%00b%zz%2") << "what is no escape stays";
}

class BuildTest : public testing::Test {
 protected:
  BuildTest() {
    std::filesystem::create_directories(build + "/static/js");
    std::filesystem::create_directories(build + "/static/css");
    write("index.html", page);
    write("static/js/main.1a.js", "run()");
    write("static/css/main.2b.css", "body{}");
  }
  ~BuildTest() override { std::filesystem::remove_all(build); }

  void write(const std::string& path, const std::string& content) {
    std::ofstream{build + "/" + path} << content;
  }
  void remove(const std::string& path) { std::filesystem::remove_all(build + "/" + path); }
  Finding probe() { return probe_build(build, hosts); }

  const std::string page =
      R"(<script defer src="/static/js/main.1a.js"></script><script src="//cdn.test/x.js"></script>
         <link href="/static/css/main.2b.css" rel="stylesheet">)";
  std::string build = testing::TempDir() + "build_test." + std::to_string(::getpid());
};

TEST_F(BuildTest, IsWholeWithEveryFileThatThePageNames) {
  const Finding finding = probe();
  EXPECT_EQ(told(finding), "good build_ok");
  EXPECT_EQ(fact(finding.facts, "assets"), "2");
  EXPECT_THAT(build_assets(page + page, hosts),
              ElementsAre("static/css/main.2b.css", "static/js/main.1a.js"));
}

TEST_F(BuildTest, NamesAMissingFile) {
  remove("static/js/main.1a.js");
  const Finding finding = probe();
  EXPECT_EQ(told(finding), "bad build_asset_missing");
  EXPECT_EQ(fact(finding.facts, "asset"), "static/js/main.1a.js");
  std::filesystem::create_directory(build + "/static/js/main.1a.js");
  EXPECT_EQ(told(probe()), "bad build_asset_missing") << "a directory is no script";
}

TEST_F(BuildTest, NamesAnEmptyFile) {
  write("static/css/main.2b.css", "");
  EXPECT_EQ(told(probe()), "bad build_asset_empty");
}

TEST_F(BuildTest, WantsAPageThatIsTheApplications) {
  write("index.html", "<h1>Welcome to nginx!</h1>");
  EXPECT_EQ(told(probe()), "bad build_no_scripts");
  write("index.html", "");
  EXPECT_EQ(told(probe()), "bad build_no_index");
  remove("index.html");
  EXPECT_EQ(told(probe()), "bad build_no_index");
  remove("");
  EXPECT_EQ(told(probe()), "bad build_missing");
}

TEST_F(BuildTest, DoesNotWaitForAPageThatIsAPipe) {
  remove("index.html");
  ASSERT_EQ(::mkfifo((build + "/index.html").c_str(), 0600), 0);
  EXPECT_EQ(told(probe()), "bad build_no_index");
}

class BuildPermissionsTest : public testing::Test {
 protected:
  static FileNode node(mode_t mode, uid_t owner = 0) { return {mode, owner, owner, 1, {}, {}}; }

  Finding judged() {
    const auto look = [this](const std::string& path) -> Result<std::optional<FileNode>> {
      const auto found = tree.find(path);
      return found == tree.end() ? std::nullopt : std::optional{found->second};
    };
    return judge_build_permissions("/build", {"static/js/main.js"},
                                   {"www-data", 33, 33, {33}, "/var/www"}, look);
  }

  std::map<std::string, FileNode> tree{{"/", node(S_IFDIR | 0755)},
                                       {"/build", node(S_IFDIR | 0755)},
                                       {"/build/index.html", node(S_IFREG | 0644)},
                                       {"/build/static", node(S_IFDIR | 0755)},
                                       {"/build/static/js", node(S_IFDIR | 0755)},
                                       {"/build/static/js/main.js", node(S_IFREG | 0644)}};
};

TEST_F(BuildPermissionsTest, AreFineWhenTheWebServerMayReadEverything) {
  const Finding finding = judged();
  EXPECT_EQ(told(finding), "good permissions_ok");
  EXPECT_EQ(fact(finding.facts, "files"), "2");
}

TEST_F(BuildPermissionsTest, AnIndexNobodyMayReadIsFound) {
  tree["/build/index.html"] = node(S_IFREG | 0000, 33);
  const Finding finding = judged();
  EXPECT_EQ(told(finding), "bad permission_denied");
  EXPECT_EQ(fact(finding.facts, "path"), "/build/index.html");
  EXPECT_EQ(fact(finding.facts, "mode"), "0000");
  EXPECT_EQ(fact(finding.facts, "missing"), "r");
  EXPECT_EQ(fact(finding.facts, "account"), "www-data");
}

TEST_F(BuildPermissionsTest, ABuildOfRootsOwnIsFound) {
  tree["/build"] = node(S_IFDIR | 0700);
  const Finding finding = judged();
  EXPECT_EQ(told(finding), "bad permission_denied");
  EXPECT_EQ(fact(finding.facts, "path"), "/build");
  EXPECT_EQ(fact(finding.facts, "owner"), "root");
  EXPECT_EQ(fact(finding.facts, "group"), "root");
  EXPECT_EQ(fact(finding.facts, "missing"), "x");
}

TEST_F(BuildPermissionsTest, EveryBundleAndStaticDirectoryCounts) {
  tree["/build/static/js/main.js"] = node(S_IFREG | 0600);
  EXPECT_EQ(fact(judged().facts, "path"), "/build/static/js/main.js");
  tree["/build/static/js/main.js"] = node(S_IFREG | 0644);
  tree["/build/static/css"] = node(S_IFDIR | 0700);
  EXPECT_EQ(fact(judged().facts, "path"), "/build/static/css");
}

TEST_F(BuildPermissionsTest, WhatIsMissingIsTheBuildChecksToTell) {
  tree.erase("/build/static/js/main.js");
  EXPECT_EQ(told(judged()), "good permissions_ok");
  tree.erase("/build/index.html");
  EXPECT_EQ(told(judged()), "skipped build_missing");
}

TEST_F(BuildTest, PermissionsOfThisMachineAreReadFromItsFiles) {
  EXPECT_EQ(told(probe_build_permissions(build, "root", hosts)), "good permissions_ok");
  EXPECT_EQ(told(probe_build_permissions(build, "no-such-user", hosts)),
            "unknown web_user_missing");
  remove("index.html");
  EXPECT_EQ(told(probe_build_permissions(build, "root", hosts)), "skipped build_missing");
}

}  // namespace
}  // namespace lectio
