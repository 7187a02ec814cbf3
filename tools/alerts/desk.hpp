// What the commands of `alerts` work with: the book, the words, the way out.
#pragma once

#include <string>
#include <string_view>

#include "alert/book_keeping.hpp"
#include "alert/message.hpp"
#include "alert/policy.hpp"
#include "alert/wording.hpp"
#include "base/facts.hpp"
#include "base/result.hpp"
#include "tool/run_tool.hpp"

namespace lectio {

class Desk {
 public:
  explicit Desk(Act& act);

  // As it stands now; nothing is written.
  Result<Book> book() const;
  Now now(const Book& book) const;
  // Under the lock.
  Result<void> change(const ChangeBook& change) const;

  std::string phrase(std::string_view key, const Facts& values = {}) const;
  Wording wording(const Now& now) const { return {style_, now}; }
  void say(const std::string& line) const;  // to stdout
  bool as_json() const { return act_.format == Format::json; }

  Act& act() const { return act_; }

 private:
  BookPlaces places() const;
  Instant instant() const;

  Act& act_;
  MessageStyle style_;
};

}  // namespace lectio
