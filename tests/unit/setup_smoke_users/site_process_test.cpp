#include "setup_smoke_users/site_process.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

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

  pid_t pid = -1;
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
    EXPECT_THAT(site.environment, IsEmpty());
  }
}

}  // namespace
}  // namespace lectio
