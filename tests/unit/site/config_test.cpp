#include "site/config.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <stdexcept>

#include "io/file.hpp"

namespace lectio {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::optional<std::string> no_environment(const std::string& /*name*/) { return std::nullopt; }

const std::string site = "SITE_URL=\"https://lectio.test\"\n";

Result<Config> parse(const std::string& text) {
  return Config::parse(site + text, "config.env", no_environment);
}

std::string value_of(const std::string& key, const std::string& text) {
  const auto config = parse(text);
  return config ? config->text(key) : "error: " + config.error().message;
}

std::string error_of(const std::string& text) {
  const auto config = parse(text);
  return config ? "no error" : config.error().message;
}

std::vector<std::string> warnings_of(const std::string& text) {
  const auto config = parse(text);
  return config ? config->warnings() : std::vector<std::string>{config.error().message};
}

TEST(ConfigFile, ReadsEveryFormThatIsInUse) {
  EXPECT_EQ(value_of("WEB_USER", "WEB_USER=nginx\n"), "nginx");
  EXPECT_EQ(value_of("WEB_USER", "WEB_USER=\"nginx\"    # ← основной\n"), "nginx");
  EXPECT_EQ(value_of("WEB_USER", "WEB_USER='nginx'\r\n"), "nginx");
  EXPECT_EQ(value_of("WEB_USER", "export WEB_USER=nginx"), "nginx");
  EXPECT_EQ(value_of("WEB_USER", "  WEB_USER=\"a \\\"b\\\" c\"\n"), "a \"b\" c");
  EXPECT_EQ(value_of("WEB_USER", "WEB_USER=a\"b c\"'d'\n"), "ab cd");
  EXPECT_EQ(value_of("MAX_RESPONSE_TIME", "MAX_RESPONSE_TIME=7           # секунды\n"), "7");
  EXPECT_EQ(value_of("WATCH_UNITS", "WATCH_UNITS=\"celery-worker celery_worker\"\n"),
            "celery-worker celery_worker");
  EXPECT_EQ(value_of("WEB_USER", "# ═══ box ═══\n\n\t# WEB_USER=commented\n"), "www-data");
}

TEST(ConfigFile, AHashInsideAValueIsNoComment) {
  EXPECT_EQ(value_of("SMOKE_TEACHER_PASSWORD", "SMOKE_TEACHER_PASSWORD=a#b\n"), "a#b");
  EXPECT_EQ(value_of("SMOKE_TEACHER_PASSWORD", "SMOKE_TEACHER_PASSWORD=\"a # b\" # c\n"), "a # b");
}

TEST(ConfigFile, SurvivesAByteOrderMark) {
  const auto config = Config::parse("\xEF\xBB\xBF" + site, "config.env", no_environment);
  ASSERT_TRUE(config);
  EXPECT_EQ(config->text("SITE_URL"), "https://lectio.test");
}

TEST(ConfigFile, RunsNothing) {
  const std::string message =
      "config.env:2: WEB_USER runs a command: this file is read, not executed; write the value "
      "itself, or put it in single quotes";
  EXPECT_EQ(error_of("WEB_USER=$(id)\n"), message);
  EXPECT_EQ(error_of("WEB_USER=\"`id`\"\n"), message);
  EXPECT_EQ(value_of("WEB_USER", "WEB_USER='$(id)'\n"), "$(id)");
}

TEST(ConfigFile, NamesFileLineAndCureOfWhatItCannotRead) {
  EXPECT_EQ(error_of("\nWEB_USER=a b\n"),
            "config.env:3: WEB_USER has an unquoted space: write WEB_USER=\"...\"");
  EXPECT_EQ(error_of("WEB_USER=a;b\n"),
            "config.env:2: WEB_USER has an unquoted ;: write WEB_USER=\"...\"");
  EXPECT_EQ(error_of("WEB_USER = a\n"),
            "config.env:2: expected KEY=\"value\" with no space before the =");
  EXPECT_EQ(error_of("systemctl restart nginx\n"),
            "config.env:2: expected KEY=\"value\" with no space before the =");
  EXPECT_EQ(error_of("WEB_USER=\"a\nb\"\n"), "config.env:2: WEB_USER: the closing \" is missing");
  EXPECT_THAT(error_of(std::string{"WEB_USER=a\0b\n", 13}), HasSubstr("config.env:2: a NUL byte"));
}

TEST(ConfigFile, ADollarIsTakenAsItStandsAndSaid) {
  EXPECT_EQ(value_of("SMOKE_TEACHER_PASSWORD", "SMOKE_TEACHER_PASSWORD=\"pa$word\"\n"), "pa$word");
  EXPECT_THAT(warnings_of("SMOKE_TEACHER_PASSWORD=\"pa$word\"\n"),
              ElementsAre(HasSubstr("SMOKE_TEACHER_PASSWORD holds a $")));
}

TEST(Config, TheLastOfDuplicatesCountsAndIsSaid) {
  const std::string text = "WEB_USER=a\nWEB_USER=b\n";
  EXPECT_EQ(value_of("WEB_USER", text), "b");
  EXPECT_THAT(warnings_of(text), ElementsAre("config.env:3: WEB_USER is set again (first at "
                                             "config.env:2): the last one counts"));
}

TEST(Config, EnvironmentGoesOverFileAndFileOverDefault) {
  const auto config = Config::parse(site + "WEB_USER=file\nNGINX_SERVICE=file\n", "config.env",
                                    [](const std::string& name) -> std::optional<std::string> {
                                      if (name == "WEB_USER") return "environment";
                                      return std::nullopt;
                                    });
  ASSERT_TRUE(config);
  EXPECT_EQ(config->text("WEB_USER"), "environment");
  EXPECT_EQ(config->text("NGINX_SERVICE"), "file");
  EXPECT_EQ(config->text("BACKEND_SERVICE"), "teaching_panel");
}

TEST(Config, DefaultsFollowTheKeysTheyAreMadeOf) {
  EXPECT_EQ(value_of("FRONTEND_BUILD", "PROJECT_ROOT=/srv/lectio\n"), "/srv/lectio/frontend/build");
  EXPECT_EQ(value_of("PUBLIC_HOST", "BACKEND_URL=https://api.lectio.test:8443/\n"),
            "api.lectio.test:8443");
  EXPECT_EQ(value_of("PUBLIC_HOST", ""), "lectio.test");
  EXPECT_EQ(value_of("STATE_DIR", "INSTANCE=stage\n"), "/var/lib/lectio-monitor/stage");
  EXPECT_EQ(value_of("LOG_DIR", "INSTANCE=stage\n"), "/var/log/lectio-monitor/stage");
}

TEST(Config, NamesTheNearestKnownKey) {
  EXPECT_THAT(warnings_of("SITE_URLL=x\n"),
              ElementsAre("config.env:2: unknown key SITE_URLL, did you mean SITE_URL?"));
  EXPECT_THAT(warnings_of("COLOUR_OF_THE_SKY=x\n"),
              ElementsAre("config.env:2: unknown key COLOUR_OF_THE_SKY"));
  EXPECT_THAT(warnings_of("API_URL=x\n"),
              ElementsAre("config.env:2: API_URL is not used: see BACKEND_URL"));
}

TEST(Config, APlaceholderCountsAsNotConfiguredLoudly) {
  EXPECT_EQ(value_of("HEARTBEAT_URL", "HEARTBEAT_URL=\"YOUR_HEARTBEAT_URL_HERE\"\n"), "");
  EXPECT_THAT(warnings_of("HEARTBEAT_URL=\"YOUR_HEARTBEAT_URL_HERE\"\n"),
              ElementsAre(HasSubstr("still the example's placeholder")));
}

TEST(Config, ValuesAreOfTheirKind) {
  EXPECT_EQ(error_of("MAX_RESPONSE_TIME=soon\n"),
            "config.env:2: MAX_RESPONSE_TIME \"soon\" is not a time above 0 such as 5, 90s, 10m");
  EXPECT_EQ(error_of("ALERT_COOLDOWN=soon\n"),
            "config.env:2: ALERT_COOLDOWN \"soon\" is not seconds, or a time such as 90s, 10m, "
            "2h");
  EXPECT_EQ(error_of("DISK_WARN_PERCENT=-1\n"),
            "config.env:2: DISK_WARN_PERCENT \"-1\" is not a number from 0 to 100");
  EXPECT_EQ(error_of("MEMORY_WARN_MB=much\n"),
            "config.env:2: MEMORY_WARN_MB \"much\" is not a number");
  EXPECT_EQ(error_of("SMOKE_PAYMENT=yes\n"),
            "config.env:2: SMOKE_PAYMENT \"yes\" is not one of probe|create");
  EXPECT_EQ(error_of("STATE_DIR=state\n"),
            "config.env:2: STATE_DIR \"state\" is not an absolute path");
  EXPECT_EQ(error_of("BACKEND_URL=lectio\n"),
            "config.env:2: BACKEND_URL \"lectio\" is not an address such as https://example.org");
  EXPECT_EQ(error_of("HEARTBEAT_FAIL=maybe\n"),
            "config.env:2: HEARTBEAT_FAIL \"maybe\" is not 0 or 1");
}

TEST(Config, NumbersThatNothingCouldWorkWithAreErrors) {
  for (const char* key : {"HTTP_TIMEOUT", "CONNECT_TIMEOUT", "MAX_RESPONSE_TIME",
                          "HEARTBEAT_TIMEOUT", "ALERT_BUDGET"}) {
    for (const char* value : {"0", "0s", "0.0001", "nan", "inf", "infinity"}) {
      EXPECT_EQ(error_of(fmt::format("{}={}\n", key, value)),
                fmt::format("config.env:2: {} \"{}\" is not a time above 0 such as 5, 90s, 10m",
                            key, value));
    }
  }
  for (const char* value : {"0", "2.5", "nan", "1e9"}) {
    EXPECT_EQ(
        error_of(fmt::format("BACKEND_WORKERS={}\n", value)),
        fmt::format("config.env:2: BACKEND_WORKERS \"{}\" is not a whole number above 0", value));
  }
  EXPECT_EQ(error_of("DISK_WARN_PERCENT=101\n"),
            "config.env:2: DISK_WARN_PERCENT \"101\" is not a number from 0 to 100");
  EXPECT_EQ(error_of("MEMORY_WARN_MB=nan\n"),
            "config.env:2: MEMORY_WARN_MB \"nan\" is not a number");
  EXPECT_EQ(error_of("MEMORY_WARN_MB=1e300\n"),
            "config.env:2: MEMORY_WARN_MB \"1e300\" is not a number");
  EXPECT_TRUE(parse("ALERT_COOLDOWN=0\nDISK_WARN_PERCENT=0\nMEMORY_WARN_MB=0\n"));
}

TEST(Config, SecondsAreReadInEveryUnit) {
  const auto config = parse("HTTP_TIMEOUT=2.5\nCONNECT_TIMEOUT=10m\nDEPLOY_GRACE_PERIOD=90s\n");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->seconds("HTTP_TIMEOUT"), Milliseconds{2500});
  EXPECT_EQ(config->seconds("CONNECT_TIMEOUT"), std::chrono::minutes{10});
  EXPECT_EQ(config->seconds("DEPLOY_GRACE_PERIOD"), std::chrono::seconds{90});
}

TEST(Config, ListsAreSplitAtSpacesAndCommas) {
  const auto config = parse("WATCH_UNITS=\"redis-server, celery  beat\"\n");
  ASSERT_TRUE(config);
  EXPECT_THAT(config->list("WATCH_UNITS"), ElementsAre("redis-server", "celery", "beat"));
  EXPECT_THAT(config->list("CONNECT_TO"), IsEmpty());
}

TEST(Config, AnAddressLosesItsLastSlash) {
  const auto config =
      Config::parse("SITE_URL=https://lectio.test/\n", "config.env", no_environment);
  ASSERT_TRUE(config);
  EXPECT_EQ(config->text("SITE_URL"), "https://lectio.test");
}

TEST(Config, WantsASite) {
  const auto config = Config::parse("", "config.env", no_environment);
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().message,
            "config.env: SITE_URL is not set: add SITE_URL=\"https://your.site\"");
}

TEST(Config, AnErrorNeverShowsASecret) {
  const auto config = parse("SMOKE_TEACHER_PASSWORD=hunter2`\n");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().message.find("hunter2"), std::string::npos);
}

TEST(Config, AnUndocumentedKeyIsABug) {
  const auto config = parse("");
  ASSERT_TRUE(config);
  EXPECT_THROW(static_cast<void>(config->text("NO_SUCH_KEY")), std::logic_error);
  EXPECT_EQ(config->variable("NO_SUCH_KEY"), std::nullopt);
}

TEST(Config, AFileThatOthersCanReadIsSaid) {
  const std::string path = testing::TempDir() + fmt::format("config_test.{}.env", ::getpid());
  ASSERT_TRUE(write_file_atomically(path, site, 0644));
  auto config = Config::load(path, no_environment);
  ASSERT_TRUE(config);
  EXPECT_THAT(config->warnings(), ElementsAre(HasSubstr("chmod 600 " + path)));

  ASSERT_TRUE(write_file_atomically(path, site, 0600));
  config = Config::load(path, no_environment);
  ASSERT_TRUE(config);
  EXPECT_THAT(config->warnings(), IsEmpty());
}

TEST(Config, AMissingFileSaysWhatToDo) {
  const auto config = Config::load("/nonexistent/config.env", no_environment);
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().message, HasSubstr("/nonexistent/config.env"));
  EXPECT_THAT(config.error().message, HasSubstr("config.env.example"));
}

}  // namespace
}  // namespace lectio
