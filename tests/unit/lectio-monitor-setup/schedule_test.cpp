#include "lectio-monitor-setup/schedule.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lectio {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const Installation here{"/opt/lectio-monitor", "/opt/lectio-monitor/config.env",
                        "/etc/cron.d/lectio-monitor"};

// As the audit found it, and what else a crontab holds.
constexpr std::string_view old_crontab =
    "# m h dom mon dow command\n"
    "MAILTO=\"\"\n"
    "* * * * * /opt/lectio-monitor/health_check.sh>>/var/log/lectio-monitor/cron.log 2>&1\n"
    "*/5 * * * * LANG=C /opt/lectio-monitor/smoke_check_v2.sh\n"
    "30 * * * * /bin/bash /opt/lectio-monitor/deep_check.sh\r\n"
    "0 3 * * * /var/www/teaching_panel/scripts/backup_db.sh\n"
    "0 3 * * * /opt/lectio-monitor/deploy_safe.sh cleanup 7\n"
    "*/2 * * * * /opt/lectio-monitor/guardian.sh > /dev/null\n"
    "@hourly /var/www/teaching_panel/scripts/cleanup_processes.sh\n"
    "# */5 * * * * /opt/lectio-monitor/health_check.sh\n"
    "0 5 * * 1 certbot renew --quiet\n"
    "17 4 * * * cd /srv && ./my_health_check.sh\n"
    "@reboot /usr/local/bin/warm up";

// What only looks like it: more commands, another's script of that name, a name as an argument.
constexpr std::string_view look_alikes =
    "0 3 * * * /opt/lectio-monitor/deploy_safe.sh cleanup 7; certbot renew\n"
    "0 3 * * * . /etc/env && /opt/lectio-monitor/health_check.sh\n"
    "15 2 * * * /srv/shop/backup_db.sh\n"
    "15 2 * * * rsync -a /opt/lectio-monitor/health_check.sh far:\n"
    "15 2 * * * health_check.sh\n"
    "15 2 * * * /opt/lectio-monitor/health_check.sh | mail -s x root\n";

bool is_at_home(const std::string& path) { return !path.starts_with("/srv/"); }

TEST(Schedule, OurFileStartsEveryToolAsRoot) {
  const std::string text = with_missing_tools("", {}, here);
  EXPECT_EQ(scheduled_tools(text, "/opt/lectio-monitor"), tools_to_schedule());
  EXPECT_THAT(text, HasSubstr("* * * * *    root  /opt/lectio-monitor/health_check\n"));
  EXPECT_THAT(
      text, HasSubstr("0 3 * * *    root  /opt/lectio-monitor/deploy_safe cleanup > /dev/null\n"));
  EXPECT_THAT(text, HasSubstr("\nPATH=/usr/local/sbin:"));
  EXPECT_THAT(text, Not(HasSubstr("LECTIO_MONITOR_CONFIG")));
  EXPECT_EQ(text.back(), '\n');
}

TEST(Schedule, AnotherPlaceAndConfigurationAreNamed) {
  const std::string text = with_missing_tools("", {}, {"/srv/m/bin", "/etc/m.env", ""});
  EXPECT_THAT(text, HasSubstr("LECTIO_MONITOR_CONFIG=/etc/m.env\n"));
  EXPECT_THAT(text, HasSubstr("root  /srv/m/bin/smoke_check\n"));
  EXPECT_EQ(scheduled_tools(text, "/srv/m/bin"), tools_to_schedule());
}

TEST(Schedule, TheOldSuiteGoesAndEveryOtherByteStays) {
  const CrontabEdit edit = without_old_lines(old_crontab, is_at_home);
  EXPECT_EQ(edit.text,
            "# m h dom mon dow command\n"
            "MAILTO=\"\"\n"
            "# */5 * * * * /opt/lectio-monitor/health_check.sh\n"
            "0 5 * * 1 certbot renew --quiet\n"
            "17 4 * * * cd /srv && ./my_health_check.sh\n"
            "@reboot /usr/local/bin/warm up");
  ASSERT_EQ(edit.removed.size(), 7U);
  EXPECT_EQ(edit.removed[1], "*/5 * * * * LANG=C /opt/lectio-monitor/smoke_check_v2.sh");
  EXPECT_THAT(edit.left, IsEmpty());
  EXPECT_THAT(without_old_lines(edit.text, is_at_home).removed, IsEmpty());
}

TEST(Schedule, WhatOnlyLooksLikeTheOldSuiteStaysAndIsNamed) {
  const CrontabEdit edit = without_old_lines(look_alikes, is_at_home);
  EXPECT_EQ(edit.text, look_alikes);
  EXPECT_THAT(edit.removed, IsEmpty());
  EXPECT_EQ(edit.left.size(), 6U);
}

TEST(Schedule, OurOwnLinesInACrontabCountAndStay) {
  const std::string by_hand =
      "*/2 * * * * /opt/lectio-monitor/health_check\n"
      "#* * * * * /opt/lectio-monitor/heartbeat\n"
      "5 * * * * /opt/lectio-monitor/deep_check --only stream\n"
      "* * * * * /opt/elsewhere/smoke_check\n";
  EXPECT_THAT(scheduled_tools(by_hand, "/opt/lectio-monitor"), ElementsAre("health_check"));
  EXPECT_THAT(without_old_lines(by_hand, is_at_home).removed, IsEmpty());
}

TEST(Schedule, AFileThatIsBegunNamesItsConfiguration) {
  const std::string text = with_missing_tools("", {"health_check"}, {"/srv/m", "/etc/m.env", ""});
  EXPECT_THAT(text, HasSubstr("LECTIO_MONITOR_CONFIG=/etc/m.env\n"));
  EXPECT_THAT(text, HasSubstr("\nPATH="));
  EXPECT_THAT(text, Not(HasSubstr("/srv/m/health_check\n")));
}

TEST(Schedule, OnlyWhatIsMissingIsAdded) {
  const std::string mine = "*/3 * * * * root /opt/lectio-monitor/health_check\n";
  const std::string text = with_missing_tools(mine, {"health_check", "heartbeat"}, here);
  EXPECT_TRUE(text.starts_with(mine));
  EXPECT_THAT(text, Not(HasSubstr("/heartbeat\n")));
  auto scheduled = scheduled_tools(text, here.bin_dir);
  scheduled.insert("heartbeat");
  EXPECT_EQ(scheduled, tools_to_schedule());
  EXPECT_EQ(with_missing_tools(text, tools_to_schedule(), here), text);
}

}  // namespace
}  // namespace lectio
