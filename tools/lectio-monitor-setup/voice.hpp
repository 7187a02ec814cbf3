// What the setup says, in the language of whoever reads it.
#pragma once

#include <string>
#include <string_view>

#include "base/facts.hpp"
#include "base/text.hpp"

namespace lectio {

class Voice {
 public:
  explicit Voice(Lang lang) : lang_(lang) {}

  Lang lang() const { return lang_; }
  // Of the catalogue.
  std::string phrase(std::string_view key, const Facts& values = {}) const;
  void say(const std::string& line) const;  // to stdout, at once

 private:
  Lang lang_;
};

}  // namespace lectio
