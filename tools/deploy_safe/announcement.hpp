// One message in the chat for a whole deploy, edited as it goes on; a failure is said under it,
// with sound. It waits in the outbox like every other: what Telegram does not take now is
// delivered by the next run of any tool.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "alert/notice.hpp"
#include "tool/run_tool.hpp"

namespace lectio {

class Announcement {
 public:
  explicit Announcement(Act& act) : act_(act) {}

  // A title of one line, and lines below it. The first call sends the message.
  void show(const std::string& title, const std::vector<std::string>& lines);
  bool begun() const { return incident_ != 0; }
  void fail(const std::string& title, const std::vector<std::string>& lines);

 private:
  void queue(NoticeKind kind, const std::string& html);

  Act& act_;
  std::uint64_t incident_ = 0;  // 0: nothing sent yet
};

}  // namespace lectio
