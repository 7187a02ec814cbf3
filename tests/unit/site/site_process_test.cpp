#include "site/site_process.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include "io/file.hpp"
#include "io/process.hpp"
#include "io/user.hpp"

namespace lectio {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

class OneUnit final : public Systemd {
 public:
  Result<UnitState> unit(const std::string& name) override {
    if (pid < 0) return fail(ErrorKind::io, "no systemd here");
    UnitState state;
    if (name == "teaching_panel") state.main_pid = pid;
    return state;
  }

  Result<UnitSettings> settings(const std::string& /*name*/) override { return in_the_file; }

  pid_t pid = -1;
  UnitSettings in_the_file;
};

Config config() {
  return *Config::parse("SITE_URL=https://lectio.test\nWEB_USER=web\n", "config.env",
                        [](const std::string&) { return std::nullopt; });
}

TEST(SiteProcess, ReadsAnEnvironment) {
  using namespace std::string_literals;
  EXPECT_THAT(
      parse_environment("DATABASE_URL=postgres://u:p@h/d\0EMPTY=\0A=b=c\0"s),
      ElementsAre(Pair("A", "b=c"), Pair("DATABASE_URL", "postgres://u:p@h/d"), Pair("EMPTY", "")));
}

TEST(SiteProcess, LeavesOutWhatIsMeantForThatProcessOnly) {
  using namespace std::string_literals;
  EXPECT_THAT(parse_environment("NOTIFY_SOCKET=/run/x\0LISTEN_FDS=1\0LD_PRELOAD=/x.so\0"
                                "GUNICORN_CMD_ARGS=-w 3\0WATCHDOG_USEC=1\0"s),
              IsEmpty());
}

TEST(SiteProcess, SurvivesARewrittenTitle) {
  using namespace std::string_literals;
  EXPECT_THAT(parse_environment("gunicorn: master [a=b]\0\0\0=\0x"s), IsEmpty());
}

TEST(SiteProcess, IsTheRunningBackends) {
  OneUnit systemd;
  systemd.pid = ::getpid();
  const SiteProcess site = site_process(config(), systemd);
  EXPECT_EQ(site.user, we_are_root() ? std::to_string(::getuid()) : "");
  EXPECT_EQ(site.environment.at("PATH"), ::getenv("PATH"));
}

TEST(SiteProcess, WithoutABackendIsTheWebServersUser) {
  OneUnit systemd;
  for (const pid_t pid : {-1, 0}) {
    systemd.pid = pid;
    const SiteProcess site = site_process(config(), systemd);
    EXPECT_EQ(site.user, we_are_root() ? "web" : "");
    EXPECT_THAT(site.environment,
                ElementsAre(Pair("DJANGO_SETTINGS_MODULE", "teaching_panel.settings")));
  }
}

TEST(SiteProcess, OfABackendThatIsDownIsWhatItsUnitSays) {
  OneUnit systemd;
  systemd.pid = 0;
  const std::string path = testing::TempDir() + "site.env";
  ASSERT_TRUE(write_file_atomically(path, "DATABASE_URL=\"postgres://u:p@h/d\"\nDEBUG=0\n", 0600));
  systemd.in_the_file = {.type = "simple",
                         .user = "django",
                         .start_command = {},
                         .environment = {"DEBUG=1", "A=b"},
                         .environment_files = {path, "/no/such/file"}};
  const SiteProcess site = site_process(config(), systemd);
  EXPECT_EQ(site.user, we_are_root() ? "django" : "");
  EXPECT_THAT(
      site.environment,
      ElementsAre(Pair("A", "b"), Pair("DATABASE_URL", "postgres://u:p@h/d"), Pair("DEBUG", "0"),
                  Pair("DJANGO_SETTINGS_MODULE", "teaching_panel.settings")));
}

TEST(SiteCensor, ShowsNoSecretHoweverItIsQuoted) {
  const SiteCensor censor{
      {.user = "",
       .environment = {{"DATABASE_URL", "postgres://u:p%40ss@h/d"}, {"LANG", "C.UTF-8"}}},
      {"pass\"word"}};
  EXPECT_EQ(censor.pass("cannot reach postgres://u:p%40ss@h/d in C.UTF-8"),
            "cannot reach *** in C.UTF-8");
  EXPECT_EQ(censor.pass("wrong p@ss"), "wrong ***");
  EXPECT_EQ(censor.pass("wrong p%40ss"), "wrong ***");
  EXPECT_EQ(censor.pass(R"(wrong 'pass\"word')"), "***");
  EXPECT_EQ(censor.pass_last_line("Traceback\n  line\nError: no\n", false), "Error: no");
  EXPECT_EQ(censor.pass_last_line("half a line", true), "");
}

}  // namespace
}  // namespace lectio
