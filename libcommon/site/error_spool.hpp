// Errors that the site's own code hands over: files of packaging/django/lectio_errors.py.
#pragma once

#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace lectio {

// One kind of error. Its words are the site's: they may hold anything.
struct SiteError {
  std::string signature;  // 16 hex digits
  int times = 0;
  std::string error;  // the exception's type, or the logger
  std::string text;
  std::string file;  // of the site's own code, its last parts
  int line = 0;
  std::string function;
  std::string method;
  std::string path;                 // of the request, without its query
  std::vector<std::string> frames;  // the innermost last
};

// A directory that other accounts write into: only plain files of the right name are looked at.
class ErrorSpool {
 public:
  explicit ErrorSpool(std::string directory) : directory_(std::move(directory)) {}

  bool is_there() const;
  // For whoever runs the site (name or number), and us. It must not be there.
  Result<void> make(const std::string& user) const;

  enum class Take { look, take };
  // What waits, and what an earlier run has taken and not dropped; `take` keeps later ones out of
  // it. What does not parse is named in `notes` and dropped. No directory: nothing.
  Result<std::vector<SiteError>> read(Take take, std::vector<std::string>& notes) const;
  // What was taken: it is told, or will be.
  void drop(const std::vector<SiteError>& errors) const;

 private:
  std::string directory_;
};

}  // namespace lectio
