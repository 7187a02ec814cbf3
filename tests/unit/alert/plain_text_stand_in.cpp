// Until message.cpp has it: gives way to the real one.
#include "alert/message.hpp"

namespace lectio {

[[gnu::weak]] std::string plain_text(std::string_view html) {
  std::string text;
  for (std::size_t i = 0; i < html.size(); ++i) {
    if (html[i] == '<') {
      i = html.find('>', i);
    } else if (html.substr(i).starts_with("&lt;")) {
      text += '<';
      i += 3;
    } else {
      text += html[i];
    }
  }
  return text;
}

}  // namespace lectio
