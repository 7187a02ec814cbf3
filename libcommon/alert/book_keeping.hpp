// The book where it can be written: one directory that survives a reboot, and one to fall
// back on.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "alert/book.hpp"
#include "alert/notice.hpp"
#include "alert/policy.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"

namespace lectio {

// An instant on every clock that the book knows.
struct Instant {
  WallTime wall{};
  BootTime boot{0};
  std::string boot_id;
};

struct BookPlaces {
  std::string directory;   // of the book that is kept
  std::string other;       // where a newer one may lie; empty: nowhere
  bool other_goes = true;  // once this one is kept
};

// Changes a book; what it returns is owed and recorded together with the change.
struct BookChange {
  Book book;
  std::vector<Notice> notices;
  std::vector<PastIncident> past;
};
using ChangeBook = std::function<BookChange(Book book, const Now& now)>;

// The newer of the two books; begun when there is none. Nothing is locked or written. Errors: those
// of load_book().
Result<Book> read_book(const BookPlaces& places, const Instant& now);

// Under the lock: the newer book, changed; then its notices into DIRECTORY/outbox, its past into
// the history, at last the book. A crash in between leaves the old book, and the next run
// decides the same again under the same numbers. A book that does not parse is set aside and named
// in `notes`. What goes from `other` comes here, the history too.
Result<void> change_book(const BookPlaces& places, Clock& clock, const std::string& boot_id,
                         const ChangeBook& change, std::vector<std::string>& notes);

}  // namespace lectio
