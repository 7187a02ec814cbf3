// What a deploy does, a line a step with its time. A terminal that is gone stops nobody.
#pragma once

#include <string>
#include <string_view>
#include <thread>

#include "base/clock.hpp"
#include "base/facts.hpp"
#include "base/text.hpp"

namespace lectio {

class Progress {
 public:
  Progress(Clock& clock, Lang lang) : clock_(clock), lang_(lang), began_(clock.boot()) {}

  std::string phrase(std::string_view key, const Facts& values = {}) const;
  // On a terminal only, with its time running, until the step is done.
  void doing(std::string_view key);
  void done(std::string_view key, const Facts& values = {});
  void failed(const std::string& words);
  void say(const std::string& line);

 private:
  void finish(std::string_view mark, const std::string& words);

  Clock& clock_;
  Lang lang_;
  BootTime began_;        // of the step
  std::jthread spinner_;  // writes until it is replaced
};

}  // namespace lectio
