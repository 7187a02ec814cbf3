// Errors that the site's own code hands over: files of packaging/django/lectio_errors.py.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace lectio {

// One kind of error. Its words are the site's: they may hold anything.
struct SiteError {
  std::string signature;  // 16 hex digits; zeros: of those for which there was no room
  int times = 0;
  int status = 0;     // of the answer; 0: not known
  std::string error;  // the exception's type, or the logger
  std::string text;
  std::string file;  // of the site's own code, its last parts
  int line = 0;
  std::string function;
  std::string method;
  std::string path;                 // as the site's urls name it
  std::vector<std::string> frames;  // the innermost last; at most 10
};

// A directory that other accounts write into: only plain files of its owner with the right name
// are looked at, so many and so large.
class ErrorSpool {
 public:
  static constexpr std::size_t most_kinds = 200;

  explicit ErrorSpool(std::string directory) : directory_(std::move(directory)) {}

  // Makes it, or gives it to this account: whoever runs the site writes there.
  Result<void> give_to(uid_t user) const;

  enum class Take { look, take };
  // What waits, and what an earlier run has taken and not dropped. `take` keeps later ones out of
  // it, and removes what is none of ours; that is named in `notes`. No directory: nothing.
  Result<std::vector<SiteError>> read(Take take, std::vector<std::string>& notes) const;
  // What was taken: it is told, or will be.
  void drop(const std::vector<SiteError>& errors) const;

 private:
  std::string directory_;
};

}  // namespace lectio
