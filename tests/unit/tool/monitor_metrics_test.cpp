#include "tool/monitor_metrics.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>

#include "alert/book_file.hpp"
#include "alert/telegram_chat.hpp"
#include "base/stepping_clock.hpp"
#include "io/file.hpp"

namespace lectio {
namespace {

using testing::HasSubstr;
using testing::Not;

class MonitorMetrics : public testing::Test {
 protected:
  MonitorMetrics() {
    std::string path = testing::TempDir() + "monitor_metrics.XXXXXX";
    directory_ = ::mkdtemp(path.data());
    std::filesystem::create_directories(directory_ + "/run");
    // No deploy has ended lately.
    clock_.now = std::chrono::system_clock::now() + std::chrono::hours{1};
  }
  ~MonitorMetrics() override { std::filesystem::remove_all(directory_); }

  Config config(const std::string& alerts = "telegram") const {
    return *Config::parse(fmt::format("SITE_URL=https://lectio.test\nERRORS_BOT_TOKEN=1:token\n"
                                      "ERRORS_CHAT_ID=-1\nSTATE_DIR={0}/state\nRUN_DIR={0}/run\n"
                                      "ALERTS={1}\n",
                                      directory_, alerts),
                          "config.env", [](const std::string&) { return std::nullopt; });
  }
  // A run that finds the backend down.
  void settle(Alerting& alerting) {
    Verdict verdict;
    verdict.id = "backend_service";
    verdict.status = Status::critical;
    verdict.severity = Severity::critical;
    verdict.code = "unit_failed";
    alerting.settle("health_check", std::chrono::minutes{1}, clock_.boot(), {verdict},
                    {"backend_service"}, {}, Deadline{clock_, std::chrono::seconds{50}});
  }
  std::string text(const Config& config, const Alerting& alerting) {
    Metrics metrics{{}};
    add_monitor(metrics, config, clock_, clock_.boot(), alerting);
    return metrics.text();
  }

  std::string directory_;
  SteppingClock clock_;
  TelegramChat chat_;
  std::vector<std::string> notes_;
};

TEST_F(MonitorMetrics, TellTheBookAndTheOutbox) {
  const Config on = config();
  Alerting alerting{on, chat_, clock_, notes_};
  settle(alerting);
  const std::string told = text(on, alerting);
  for (const char* line :
       {"lectio_incidents_open{} 1\n", "lectio_problems{status=\"critical\"} 1\n",
        "lectio_problems{status=\"warning\"} 0\n", "lectio_outbox_waiting{} 0\n",
        "lectio_outbox_dead{} 0\n", "lectio_suppressed{reason=\"deploy\"} 0\n",
        "lectio_suppressed{reason=\"mute\"} 0\n", "lectio_suppressed{reason=\"boot\"} 0\n",
        "lectio_deploy_in_progress{} 0\n"}) {
    EXPECT_THAT(told, HasSubstr(line));
  }
  const Alerting another{on, chat_, clock_, notes_};
  EXPECT_EQ(text(on, another), told) << "one that has kept nothing reads it";
}

TEST_F(MonitorMetrics, CountWhatWaits) {
  const Config on = config();
  Alerting alerting{on, chat_, clock_, notes_};
  chat_.stay_down();
  settle(alerting);
  const std::string told = text(on, alerting);
  EXPECT_THAT(told, HasSubstr("lectio_outbox_waiting{} 1\n"));
  const Alerting another{on, chat_, clock_, notes_};
  EXPECT_EQ(text(on, another), told);
}

TEST_F(MonitorMetrics, SayWhyNothingIsToldAlsoWithoutAlerts) {
  const Config off = config("off");
  const Alerting alerting{off, chat_, clock_, notes_};
  EXPECT_THAT(text(off, alerting), Not(HasSubstr("lectio_incidents_open")));
  EXPECT_THAT(text(off, alerting), HasSubstr("lectio_suppressed{reason=\"deploy\"} 0\n"));
  clock_.now = std::chrono::system_clock::now();
  ASSERT_TRUE(write_file_atomically(directory_ + "/run/deploy_in_progress", "", 0600));
  EXPECT_THAT(text(off, alerting), HasSubstr("lectio_suppressed{reason=\"deploy\"} 1\n"));
  EXPECT_THAT(text(off, alerting), HasSubstr("lectio_deploy_in_progress{} 1\n"));
}

TEST_F(MonitorMetrics, AMuteHoldsForWhoeverTells) {
  const Config off = config("off");
  Book book = begin_book(clock_.now);
  book.boot = clock_.uptime;
  book.wall = clock_.now;
  book.tick = Tick{std::chrono::hours{48}};
  book.boot_id = instant_now(clock_).boot_id;
  add_mute(book, {.check = "",
                  .reason = "moving",
                  .who = "",
                  .since = book.tick,
                  .until = book.tick + std::chrono::hours{1},
                  .hidden = {}});
  ASSERT_TRUE(make_directory(directory_ + "/state"));
  ASSERT_TRUE(save_book(directory_ + "/state", book));
  const Alerting alerting{off, chat_, clock_, notes_};
  EXPECT_THAT(text(off, alerting), HasSubstr("lectio_suppressed{reason=\"mute\"} 1\n"));
  clock_.sleep(std::chrono::hours{2});
  EXPECT_THAT(text(off, alerting), HasSubstr("lectio_suppressed{reason=\"mute\"} 0\n"));
}

}  // namespace
}  // namespace lectio
