// The book on disk: DIRECTORY/book.json, its lock, and DIRECTORY/history.jsonl.
#pragma once

#include <string>
#include <vector>

#include "alert/book.hpp"
#include "alert/policy.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "io/file.hpp"

namespace lectio {

// Waits for whoever holds it, up to `patience`. Errors (ErrorKind::io, ErrorKind::timeout).
Result<Fd> lock_book(const std::string& directory, Clock& clock, Milliseconds patience);

// Empty when there is none. Errors (ErrorKind::io; ErrorKind::protocol: it does not parse).
Result<Book> load_book(const std::string& directory);
// One that does not parse makes way for the next. Returns the word for it.
std::string set_book_aside(const std::string& directory);

// Stamped with the time of every clock; durable when it returns.
Result<void> save_book(const std::string& directory, Book book);

// Closed incidents, the oldest first, a line each; the newest 1,000 are kept. An incident that
// was added twice (a run that died before it saved the book) is read once.
Result<void> add_history(const std::string& directory, const std::vector<PastIncident>& past);
Result<std::vector<PastIncident>> read_history(const std::string& directory);
void remove_history(const std::string& directory);

}  // namespace lectio
