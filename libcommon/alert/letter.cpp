#include "alert/letter.hpp"

#include "alert/html.hpp"
#include "alert/message.hpp"

namespace lectio {
namespace {

constexpr std::size_t most_breaks = 2;  // before a line
constexpr std::size_t most_listed = 12;

}  // namespace

bool Letter::has_room(std::size_t units, std::size_t entities) const {
  return units_ + units <= message_limit && entities_ + entities <= entity_limit;
}

bool Letter::line(const std::string& html) {
  if (html.empty()) return true;
  const std::size_t units = length_after_parsing(html);
  const std::size_t entities = entities_of(html);
  if (!has_room(most_breaks + units, entities)) return false;
  const std::string_view breaks = html_.empty() ? "" : gap_ ? "\n\n" : "\n";
  html_.append(breaks).append(html);
  units_ += breaks.size() + units;
  entities_ += entities;
  gap_ = false;
  return true;
}

void Letter::list(const std::vector<std::string>& lines, const More& more, const Letter& after) {
  const std::size_t kept = after.units_ + most_breaks + most_breaks +
                           (lines.empty() ? 0 : length_after_parsing(more(lines.size())));
  std::size_t shown = 0;
  for (const std::string& html : lines) {
    const std::size_t units = most_breaks + length_after_parsing(html);
    if (shown == most_listed || !has_room(units + kept, entities_of(html) + after.entities_)) break;
    line(html);
    ++shown;
  }
  if (shown < lines.size()) line(more(lines.size() - shown));
}

void Letter::append(const Letter& after) {
  gap();
  line(after.html_);
}

}  // namespace lectio
