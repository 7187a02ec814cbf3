// One message in the chat for a whole deploy, edited as it goes on; a failure is said under it,
// with sound. It waits in the outbox like every other: what Telegram does not take now is
// delivered by the next run of any tool.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "alert/delivery.hpp"
#include "alert/notice.hpp"
#include "tool/run_tool.hpp"

namespace lectio {

class Announcement {
 public:
  explicit Announcement(Act& act) : act_(act) {}

  // A title of one line, and lines below it. The first makes the message, the next ones edit it.
  void show(const std::string& title, const std::vector<std::string>& lines);
  void fail(const std::string& title, const std::vector<std::string>& lines);
  // What was said since is only queued until then.
  void deliver();

  bool begun() const { return incident_ != 0; }
  // Its number, for whoever goes on with it; 0: there is none.
  std::uint64_t number() const { return incident_; }
  void go_on_with(std::uint64_t number) { incident_ = number; }

 private:
  void report(const DeliveryReport& delivered) const;
  void queue(NoticeKind kind, const std::string& html);

  Act& act_;
  std::uint64_t incident_ = 0;  // 0: nothing sent yet
};

}  // namespace lectio
