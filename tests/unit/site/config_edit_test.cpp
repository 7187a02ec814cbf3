#include "site/config_edit.hpp"

#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "io/file.hpp"
#include "site/config_file.hpp"

namespace lectio {
namespace {

std::string edit(const std::string& text) { return with_assignment(text, "PASSWORD", "new"); }

TEST(ConfigEdit, ReplacesTheValueAndKeepsTheRest) {
  EXPECT_EQ(edit("# box\nA=1\nPASSWORD=\"old\"\n\nB=2\n"), "# box\nA=1\nPASSWORD=\"new\"\n\nB=2\n");
}

TEST(ConfigEdit, ReplacesEveryFormThatBashReads) {
  EXPECT_EQ(edit("PASSWORD=old"), "PASSWORD=\"new\"");
  EXPECT_EQ(edit("PASSWORD="), "PASSWORD=\"new\"");
  EXPECT_EQ(edit("PASSWORD='it''s # old'\n"), "PASSWORD=\"new\"\n");
  EXPECT_EQ(edit("PASSWORD=\"a \\\" b\"\n"), "PASSWORD=\"new\"\n");
  EXPECT_EQ(edit("PASSWORD=a\"b c\"'d'\n"), "PASSWORD=\"new\"\n");
  EXPECT_EQ(edit("  export  PASSWORD=old\n"), "  export  PASSWORD=\"new\"\n");
}

TEST(ConfigEdit, PutsAValueBelowItsExample) {
  EXPECT_EQ(edit("# which\n#PASSWORD=\"x\"\n#B=\"1\"\n"),
            "# which\n#PASSWORD=\"x\"\nPASSWORD=\"new\"\n#B=\"1\"\n");
  EXPECT_EQ(edit("#PASSWORD=\"x\"\nPASSWORD=\"y\"\n"), "#PASSWORD=\"x\"\nPASSWORD=\"new\"\n");
  EXPECT_EQ(edit("#PASSWORDS=\"x\"\n"), "#PASSWORDS=\"x\"\nPASSWORD=\"new\"\n");
}

TEST(ConfigEdit, QuotesWhatBashWouldExpand) {
  const std::string value = R"(a"b\c$d`e)";
  const std::string text = with_assignment("", "PASSWORD", value);
  const auto read = parse_config_file(text, "config.env");
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->assignments.at(0).value, value);
  EXPECT_TRUE(read->warnings.empty());
}

TEST(ConfigEdit, KeepsACommentAfterTheValue) {
  EXPECT_EQ(edit("PASSWORD=\"old # no\"    # учитель \xE2\x86\x90\n"),
            "PASSWORD=\"new\"    # учитель \xE2\x86\x90\n");
}

TEST(ConfigEdit, ReplacesTheLastOfSeveral) {
  EXPECT_EQ(edit("PASSWORD=\"1\"\nPASSWORD=\"2\"\nA=\"3\"\n"),
            "PASSWORD=\"1\"\nPASSWORD=\"new\"\nA=\"3\"\n");
}

TEST(ConfigEdit, LeavesCommentsAndLongerNamesAlone) {
  EXPECT_EQ(edit("# PASSWORD=\"old\"\nPASSWORD_2=\"x\"\nMY_PASSWORD=\"y\"\n"),
            "# PASSWORD=\"old\"\nPASSWORD_2=\"x\"\nMY_PASSWORD=\"y\"\nPASSWORD=\"new\"\n");
}

TEST(ConfigEdit, AppendsAfterALineWithoutEnd) {
  EXPECT_EQ(edit("A=1"), "A=1\nPASSWORD=\"new\"\n");
  EXPECT_EQ(edit(""), "PASSWORD=\"new\"\n");
}

TEST(ConfigEdit, KeepsWindowsLineEnds) {
  EXPECT_EQ(edit("A=1\r\nPASSWORD=old # x\r\nB=2\r\n"), "A=1\r\nPASSWORD=\"new\" # x\r\nB=2\r\n");
  EXPECT_EQ(edit("A=1\r\n"), "A=1\r\nPASSWORD=\"new\"\r\n");
}

TEST(ConfigEdit, IsReadBackByTheParser) {
  for (const std::string text : {"\xEF\xBB\xBFPASSWORD=old\n", "export PASSWORD='a b' # c\r\nA=1",
                                 "A=\"x\"\nPASSWORD=a\\ b\n"}) {
    const auto file = parse_config_file(edit(text), "config.env");
    ASSERT_TRUE(file) << file.error().message;
    std::string value;
    for (const Assignment& assignment : file->assignments) {
      if (assignment.key == "PASSWORD") value = assignment.value;
    }
    EXPECT_EQ(value, "new") << text;
  }
}

class ConfigFileEdit : public testing::Test {
 protected:
  ConfigFileEdit() {
    std::string path = testing::TempDir() + "config_edit.XXXXXX";
    directory_ = ::mkdtemp(path.data());
    path_ = directory_ + "/config.env";
    EXPECT_TRUE(write_file_atomically(path_, "A=1\n", 0644));
  }
  ~ConfigFileEdit() override { std::filesystem::remove_all(directory_); }

  struct stat status() const {
    struct stat status{};
    EXPECT_EQ(::lstat(path_.c_str(), &status), 0);
    return status;
  }

  std::string directory_;
  std::string path_;
};

TEST_F(ConfigFileEdit, ClosesTheFileToOthersAndKeepsItsOwner) {
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(path_.c_str(), 65534, 65534), 0);
  }
  const uid_t owner = status().st_uid;
  ASSERT_TRUE(write_assignments(path_, {{"B", "2"}, {"C", "3"}}));
  EXPECT_EQ(read_file(path_).value_or(""), "A=1\nB=\"2\"\nC=\"3\"\n");
  EXPECT_EQ(status().st_mode & 07777U, 0600U);
  EXPECT_EQ(status().st_uid, owner);
}

TEST_F(ConfigFileEdit, FollowsALink) {
  std::filesystem::rename(path_, directory_ + "/real.env");
  std::filesystem::create_symlink(directory_ + "/real.env", path_);
  ASSERT_TRUE(write_assignments(path_, {{"A", "2"}}));
  EXPECT_TRUE(S_ISLNK(status().st_mode));
  EXPECT_EQ(read_file(directory_ + "/real.env").value_or(""), "A=\"2\"\n");
}

}  // namespace
}  // namespace lectio
