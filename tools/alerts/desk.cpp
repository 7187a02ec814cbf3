#include "alerts/desk.hpp"

#include <cstdio>

#include "alert/catalogue.hpp"
#include "tool/alerting.hpp"

namespace lectio {

Desk::Desk(Act& act) : act_(act), style_(message_style(act.config)) { style_.lang = act.lang; }

BookPlaces Desk::places() const { return book_places(act_.config); }

Instant Desk::instant() const { return instant_now(act_.clock); }

Result<Book> Desk::book() const { return read_book(places(), instant()); }

Now Desk::now(const Book& book) const {
  const Instant at = instant();
  return now_of(book, at.wall, at.boot, at.boot_id);
}

Result<void> Desk::change(const ChangeBook& change) const {
  return change_book(places(), act_.clock, instant().boot_id, change, act_.notes);
}

std::string Desk::phrase(std::string_view key, const Facts& values) const {
  return Catalogue::builtin().phrase(key, act_.lang, values);
}

void Desk::say(const std::string& line) const {
  const std::string text = line + "\n";
  std::fwrite(text.data(), 1, text.size(), stdout);
}

}  // namespace lectio
