#include "alert/book_file.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <utility>

#include "io/json_fields.hpp"

namespace lectio {
namespace {

constexpr std::size_t largest_book = std::size_t{8} << 20U;
constexpr std::size_t largest_history = std::size_t{8} << 20U;
constexpr std::size_t most_history = 1000;

std::string book_path(const std::string& directory) { return directory + "/book.json"; }
std::string history_path(const std::string& directory) { return directory + "/history.jsonl"; }

}  // namespace

template <class Fields>
void describe(Fields& fields, PastIncident& past) {
  fields("id", past.id);
  fields("cause", past.cause);
  fields("cause_id", past.cause_id);
  fields("opened_ms", past.opened);
  fields("ended_ms", past.ended);
  fields("lasted_ms", past.lasted);
  fields("status", past.status);
  fields("deploy", past.deploy);
  fields("checks", past.checks);
}

Result<Fd> lock_book(const std::string& directory, Clock& clock, Milliseconds patience) {
  const std::string path = directory + "/book.lock";
  const Deadline deadline{clock, patience};
  while (true) {
    auto lock = try_lock(path);
    if (!lock) return std::unexpected(lock.error());
    if (*lock) return std::move(**lock);
    if (deadline.passed()) {
      return fail(ErrorKind::timeout, fmt::format("{} is held by another process", path));
    }
    clock.sleep(Milliseconds{5});
  }
}

Result<Book> load_book(const std::string& directory) {
  const std::string path = book_path(directory);
  const auto text = read_file_if_any(path, largest_book);
  if (!text) return std::unexpected(text.error());
  if (!*text) return Book{};
  auto book = parse_book(**text);
  if (book) return std::move(*book);
  return fail(ErrorKind::protocol, fmt::format("{} is corrupt: {}", path, book.error().message));
}

std::string set_book_aside(const std::string& directory) {
  const auto moved = set_aside(book_path(directory));
  return moved ? *moved : moved.error().message;
}

Result<void> save_book(const std::string& directory, Book book) {
  ++book.saves;
  return write_file_atomically(book_path(directory), to_json(std::move(book)), 0600);
}

Result<void> add_history(const std::string& directory, const std::vector<PastIncident>& past) {
  if (past.empty()) return {};
  auto known = read_history(directory);
  if (!known) return std::unexpected(known.error());
  known->insert(known->end(), past.begin(), past.end());
  if (known->size() > most_history) {
    known->erase(known->begin(), known->end() - most_history);
  }
  std::string text;
  for (const PastIncident& incident : *known) text += to_json_fields(incident) + "\n";
  return write_file_atomically(history_path(directory), text, 0600);
}

void remove_history(const std::string& directory) { ::unlink(history_path(directory).c_str()); }

Result<std::vector<PastIncident>> read_history(const std::string& directory) {
  const auto text = read_file_if_any(history_path(directory), largest_history);
  if (!text) return std::unexpected(text.error());
  std::vector<PastIncident> past;
  std::set<std::uint64_t> seen;
  std::string_view rest = *text ? std::string_view{**text} : std::string_view{};
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    auto incident = parse_json_fields<PastIncident>(rest.substr(0, end));
    if (incident && seen.insert(incident->id).second) past.push_back(std::move(*incident));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return past;
}

}  // namespace lectio
