// An outbox in a directory of its own, a chat and a clock: runs of delivery, one after another.
#pragma once

#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>
#include <string>
#include <vector>

#include "alert/delivery.hpp"
#include "alert/telegram_chat.hpp"
#include "base/stepping_clock.hpp"
#include "io/file.hpp"

namespace lectio {

class DeliveryTest : public testing::Test {
 protected:
  DeliveryTest() {
    settings_.telegram.token = "123:secret";
    settings_.telegram.chat = "-100";
  }
  ~DeliveryTest() override { std::filesystem::remove_all(directory_); }

  // Texts are "o1", "e2": kind and number; live texts with an l before.
  Notice make(char kind, std::uint64_t incident = 1, bool loud = false) {
    const std::string name = kind + std::to_string(++last_);
    Notice notice{.sequence = last_, .incident = incident, .loud = loud, .created = clock_.wall()};
    switch (kind) {
      case 'o':
        notice.kind = NoticeKind::open;
        break;
      case 'e':
        notice.kind = NoticeKind::edit;
        break;
      case 'r':
        notice.kind = NoticeKind::reply;
        break;
      case 'c':
        notice.kind = NoticeKind::close;
        break;
      default:
        notice.kind = NoticeKind::single;
        break;
    }
    if (kind != 's') notice.live = "l" + name;
    if (kind != 'o' && kind != 'e') notice.message = name;
    if (kind == 'c') notice.whole = "w" + name;
    return notice;
  }
  void put(char kind, std::uint64_t incident = 1, bool loud = false) {
    put(make(kind, incident, loud));
  }
  void put(const Notice& notice) {
    const auto done = outbox_.put(notice);
    ASSERT_TRUE(done.has_value()) << done.error().message;
  }

  Result<DeliveryReport> try_run() {
    return deliver(
        outbox_, [this] { return last_; }, settings_, chat_, clock_,
        Deadline{clock_, std::chrono::seconds{50}});
  }
  DeliveryReport run() {
    auto report = try_run();
    EXPECT_TRUE(report.has_value()) << report.error().message;
    return report.value_or(DeliveryReport{});
  }
  void pass(Milliseconds time) {
    clock_.now += time;
    clock_.uptime += time;
  }
  std::size_t files() const {
    std::vector<std::string> notes;
    return outbox_.waiting(1'000'000, notes)->size();
  }
  std::string state_path() const { return directory_ + "/delivery.json"; }

  // In memory where that can be: a disk's fsync makes hundreds of runs slow, not different.
  static std::string make_temporary() {
    const bool has_memory = std::filesystem::is_directory("/dev/shm");
    std::string path = (has_memory ? "/dev/shm/" : testing::TempDir()) + "delivery.XXXXXX";
    return ::mkdtemp(path.data());
  }

  std::string directory_ = make_temporary();
  Outbox outbox_{directory_};
  DeliverySettings settings_;
  TelegramChat chat_;
  SteppingClock clock_;
  std::uint64_t last_ = 0;  // number of the last notice made, and committed
};

inline std::string refusal(int status, const std::string& words,
                           const std::string& parameters = "{}") {
  return R"({"ok":false,"error_code":)" + std::to_string(status) + R"(,"description":")" + words +
         R"(","parameters":)" + parameters + "}";
}

}  // namespace lectio
