// A message that grows line by line and never past what Telegram takes.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace lectio {

class Letter {
 public:
  // A line of HTML, unless there is no room for it; nothing when it is empty.
  bool line(const std::string& html);
  // An empty line before the next one.
  void gap() { gap_ = true; }
  // `lines` as far as there is room and a person would read on, and `more(n)` when n of them were
  // left out. `after` is what must still have room when it is appended.
  using More = std::function<std::string(std::size_t left_out)>;
  void list(const std::vector<std::string>& lines, const More& more, const Letter& after);
  void append(const Letter& after);

  const std::string& text() const { return html_; }

 private:
  bool has_room(std::size_t units, std::size_t entities) const;

  std::string html_;
  std::size_t units_ = 0;
  std::size_t entities_ = 0;
  bool gap_ = false;
};

}  // namespace lectio
