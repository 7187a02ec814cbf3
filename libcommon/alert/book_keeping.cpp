#include "alert/book_keeping.hpp"

#include <unistd.h>

#include <utility>

#include "alert/book_file.hpp"
#include "alert/outbox.hpp"
#include "io/file.hpp"

namespace lectio {
namespace {

// Nobody holds it for longer than it takes to write a few files.
constexpr Milliseconds lock_patience{5000};

Result<void> keep(const std::string& directory, const Outbox& outbox, BookChange& changed) {
  for (const Notice& notice : changed.notices) {
    if (auto put = outbox.put(notice); !put) return put;
  }
  if (auto added = add_history(directory, changed.past); !added) return added;
  return save_book(directory, std::move(changed.book));
}

}  // namespace

Result<Book> read_book(const BookPlaces& places, const Instant& now) {
  auto book = load_book(places.directory);
  if (!places.other.empty()) {
    auto other = load_book(places.other);
    const std::uint64_t known = book ? book->saves : 0;
    if (other && other->saves > known) book = std::move(other);
  }
  if (book && book->saves == 0) return begin_book(now.wall);
  return book;
}

Result<void> change_book(const BookPlaces& places, Clock& clock, const std::string& boot_id,
                         const ChangeBook& change, std::vector<std::string>& notes) {
  if (auto made = make_directory(places.directory); !made) return made;
  const auto lock = lock_book(places.directory, clock, lock_patience);
  if (!lock) return std::unexpected(lock.error());
  const Instant at{clock.wall(), clock.boot(), boot_id};
  auto book = read_book(places, at);
  if (!book && book.error().kind == ErrorKind::protocol) {
    notes.push_back(set_book_aside(places.directory));
    book = read_book(places, at);
  }
  if (!book) return std::unexpected(book.error());
  const Now now = now_of(*book, at.wall, at.boot, at.boot_id);
  const auto stamp = [&](Book& changed, std::uint64_t saves) {
    changed.saves = saves;
    changed.tick = now.tick;
    changed.wall = at.wall;
    changed.boot = at.boot;
    changed.boot_id = at.boot_id;
  };
  if (book->saves == 0) {
    // Its numbers are settled before the first of them is used: a run that dies after this
    // leaves nothing that the next one would not replace.
    stamp(*book, 0);
    if (auto begun = save_book(places.directory, *book); !begun) return begun;
    book->saves = 1;
  }
  const std::uint64_t saves = book->saves;
  Book before = *book;

  BookChange changed = change(std::move(*book), now);
  // A quiet run has nothing to write, unless the book has to come home.
  const bool is_home =
      places.other.empty() || ::access((places.other + "/book.json").c_str(), F_OK) != 0;
  stamp(before, saves);
  stamp(changed.book, saves);
  if (is_home && changed.book == before) return {};
  if (!places.other.empty() && places.other_goes) {
    auto past = read_history(places.other);
    if (past) changed.past.insert(changed.past.begin(), past->begin(), past->end());
  }
  const Outbox outbox{places.directory + "/outbox"};
  if (auto kept = keep(places.directory, outbox, changed); !kept) {
    // Whoever decides the same elsewhere must not find them here.
    for (const Notice& notice : changed.notices) {
      if (auto removed = outbox.remove(notice.sequence); !removed)
        notes.push_back(removed.error().message);
    }
    return kept;
  }
  if (!places.other.empty() && places.other_goes) {
    ::unlink((places.other + "/book.json").c_str());
    remove_history(places.other);
  }
  return {};
}

}  // namespace lectio
