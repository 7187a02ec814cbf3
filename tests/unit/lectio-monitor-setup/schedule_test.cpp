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
    "* * * * * /opt/lectio-monitor/health_check.sh >> /var/log/lectio-monitor/cron.log 2>&1\n"
    "*/5 * * * * . /etc/env; /opt/lectio-monitor/smoke_check_v2.sh\n"
    "30 * * * * /bin/bash /opt/lectio-monitor/deep_check.sh\n"
    "0 3 * * * /var/www/teaching_panel/scripts/backup_db.sh\n"
    "0 3 * * * /opt/lectio-monitor/deploy_safe.sh cleanup 7\n"
    "0 * * * * /var/www/teaching_panel/scripts/cleanup_processes.sh\n"
    "# */5 * * * * /opt/lectio-monitor/health_check.sh\n"
    "0 5 * * 1 certbot renew --quiet\n"
    "17 4 * * * cd /srv && ./my_health_check.sh\n"
    "@reboot /usr/local/bin/warm up";

TEST(Schedule, OurFileStartsEveryToolAsRoot) {
  const std::string text = cron_file_text(here);
  EXPECT_EQ(scheduled_tools(text, "/opt/lectio-monitor"), tools_to_schedule());
  EXPECT_THAT(text, HasSubstr("* * * * *    root  /opt/lectio-monitor/health_check\n"));
  EXPECT_THAT(
      text, HasSubstr("0 3 * * *    root  /opt/lectio-monitor/deploy_safe cleanup > /dev/null\n"));
  EXPECT_THAT(text, HasSubstr("\nPATH=/usr/local/sbin:"));
  EXPECT_THAT(text, Not(HasSubstr("LECTIO_MONITOR_CONFIG")));
  EXPECT_EQ(text.back(), '\n');
}

TEST(Schedule, AnotherPlaceAndConfigurationAreNamed) {
  const std::string text = cron_file_text({"/srv/m/bin", "/etc/m.env", ""});
  EXPECT_THAT(text, HasSubstr("LECTIO_MONITOR_CONFIG=/etc/m.env\n"));
  EXPECT_THAT(text, HasSubstr("root  /srv/m/bin/smoke_check\n"));
  EXPECT_EQ(scheduled_tools(text, "/srv/m/bin"), tools_to_schedule());
}

TEST(Schedule, TheOldSuiteGoesAndEveryOtherByteStays) {
  const CrontabEdit edit = without_old_lines(old_crontab);
  EXPECT_EQ(edit.text,
            "# m h dom mon dow command\n"
            "MAILTO=\"\"\n"
            "# */5 * * * * /opt/lectio-monitor/health_check.sh\n"
            "0 5 * * 1 certbot renew --quiet\n"
            "17 4 * * * cd /srv && ./my_health_check.sh\n"
            "@reboot /usr/local/bin/warm up");
  ASSERT_EQ(edit.removed.size(), 6U);
  EXPECT_EQ(edit.removed[1], "*/5 * * * * . /etc/env; /opt/lectio-monitor/smoke_check_v2.sh");
  EXPECT_THAT(without_old_lines(edit.text).removed, IsEmpty());
}

TEST(Schedule, OurOwnLinesInACrontabCountAndStay) {
  const std::string by_hand =
      "*/2 * * * * /opt/lectio-monitor/health_check\n"
      "#* * * * * /opt/lectio-monitor/heartbeat\n"
      "5 * * * * /opt/lectio-monitor/deep_check --only stream\n"
      "* * * * * /opt/elsewhere/smoke_check\n";
  EXPECT_THAT(scheduled_tools(by_hand, "/opt/lectio-monitor"), ElementsAre("health_check"));
  EXPECT_THAT(without_old_lines(by_hand).removed, IsEmpty());
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
