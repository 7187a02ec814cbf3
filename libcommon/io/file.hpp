// Files that must be whole: read with a bound, replaced atomically, locked.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace lectio {

// An open descriptor and its end.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept;
  ~Fd() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release();
  void reset();

 private:
  int fd_ = -1;
};

// Errors (ErrorKind::io) name the path. A file over `max_bytes` is an error.
Result<std::string> read_file(const std::string& path, std::size_t max_bytes = 1U << 20U);

// Empty optional: there is no such file.
Result<std::optional<std::string>> read_file_if_any(const std::string& path,
                                                    std::size_t max_bytes = 1U << 20U);

// Temporary file in the same directory, fsync, rename, fsync of the directory:
// a reader or a crash sees the old content or the new, never a part. Owner and
// group of an existing file are kept when `keep_owner`.
enum class Owner { ours, keep };
Result<void> write_file_atomically(const std::string& path, std::string_view content, mode_t mode,
                                   Owner owner = Owner::ours);

// The same for a directory that an account less trusted than we owns: neither the directory's name
// nor any in it is followed as a link, and what lies under the temporary name, NAME.new, goes.
Result<void> publish_file(const std::string& directory, const std::string& name,
                          std::string_view content, mode_t mode);

// At the end of a file, in one write. It is made with `mode` when there is none; a link is not
// followed.
Result<void> append_to_file(const std::string& path, std::string_view text, mode_t mode);
// Its last bytes; empty when there is no such file.
Result<std::string> read_end_of_file(const std::string& path, std::size_t max_bytes);

// Moves what does not parse out of the way, as PATH.corrupt-<Unix time of its last change>.
// The line says so to a person, and so does the error.
Result<std::string> set_aside(const std::string& path);

// Makes missing parents too. A directory that exists is left as it is.
Result<void> make_directory(const std::string& path, mode_t mode = 0700);

// An exclusive flock on a file, held for the life of the object and gone with
// the process. Empty optional: somebody else holds it.
Result<std::optional<Fd>> try_lock(const std::string& path);

}  // namespace lectio
