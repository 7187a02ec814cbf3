// Notices that are owed: DIRECTORY/NNNNNNNNNN.json, a file each, named by sequence number.
// {"schema":1,"sequence","incident","kind","tier","loud","created_ms","live"?,"message"?,"whole"?}
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "alert/notice.hpp"
#include "base/result.hpp"

namespace lectio {

class Outbox {
 public:
  explicit Outbox(std::string directory) : directory_(std::move(directory)) {}

  // Durable when it returns: written, fsynced, renamed, the directory fsynced. The same
  // number again replaces it (a run that died before it saved the book).
  Result<void> put(const Notice& notice) const;

  // Of all that lie there, in ascending order. No directory: none.
  Result<std::vector<std::uint64_t>> numbers() const;

  // By number, up to `committed`: what has a greater one belongs to a run that died before
  // it saved the book, and that its next run decides anew. What does not parse is set aside
  // as NAME.corrupt-<Unix time>, what cannot be read is left; both are named in `notes`.
  // No directory: nothing waits. Those of `known`, in the same order, are not read again.
  Result<std::vector<Notice>> waiting(std::uint64_t committed, std::vector<std::string>& notes,
                                      const std::vector<Notice>& known = {}) const;

  // One that is gone already is no error.
  Result<void> remove(std::uint64_t sequence) const;
  // Keeps it in DIRECTORY/dead with the reason; at most 100 are kept, the newest.
  Result<void> bury(const Notice& notice, const std::string& reason) const;
  struct Dead {
    Notice notice;
    std::string reason;
  };
  Result<std::vector<Dead>> dead() const;
  Result<std::vector<std::uint64_t>> dead_numbers() const;
  // Those are owed again, under their old numbers.
  Result<int> revive() const;

  const std::string& directory() const { return directory_; }

 private:
  std::string directory_;
};

}  // namespace lectio
