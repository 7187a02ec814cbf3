#include "io/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace lectio {
namespace {

std::unexpected<Error> io_error(std::string_view action, const std::string& path, int error) {
  return fail(ErrorKind::io, fmt::format("cannot {} {}: {}", action, path, std::strerror(error)));
}

std::string directory_of(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

Result<std::string> read_all(const Fd& file, const std::string& path, std::size_t max_bytes) {
  std::string content;
  std::array<char, 16384> chunk{};
  while (true) {
    const ssize_t got = ::read(file.get(), chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io_error("read", path, errno);
    if (got == 0) return content;
    content.append(chunk.data(), static_cast<std::size_t>(got));
    if (content.size() > max_bytes) {
      return fail(ErrorKind::io, fmt::format("{} is larger than {} bytes", path, max_bytes));
    }
  }
}

Result<void> write_all(const Fd& file, const std::string& path, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(file.get(), content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return io_error("write", path, errno);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

// A temporary file beside its target; gone unless it was renamed over it.
class TemporaryFile {
 public:
  static Result<TemporaryFile> create(const std::string& target, mode_t mode) {
    std::string path = target + ".XXXXXX";
    Fd file{::mkostemp(path.data(), O_CLOEXEC)};
    if (!file) return io_error("create a temporary file for", target, errno);
    TemporaryFile temporary{std::move(path), std::move(file)};
    if (::fchmod(temporary.file_.get(), mode) != 0) return io_error("set mode of", target, errno);
    return temporary;
  }

  TemporaryFile(TemporaryFile&& other) noexcept
      : path_(std::exchange(other.path_, {})), file_(std::move(other.file_)) {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  TemporaryFile& operator=(TemporaryFile&&) = delete;
  ~TemporaryFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }

  int fd() const { return file_.get(); }

  Result<void> write(std::string_view content) {
    if (auto written = write_all(file_, path_, content); !written) return written;
    if (::fsync(file_.get()) != 0) return io_error("fsync", path_, errno);
    return {};
  }

  Result<void> rename_to(const std::string& target) {
    if (::rename(path_.c_str(), target.c_str()) != 0) return io_error("replace", target, errno);
    path_.clear();
    return {};
  }

 private:
  TemporaryFile(std::string path, Fd file) : path_(std::move(path)), file_(std::move(file)) {}

  std::string path_;
  Fd file_;
};

Result<void> sync_directory(const std::string& path) {
  const Fd directory{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!directory) return io_error("open", path, errno);
  if (::fsync(directory.get()) != 0) return io_error("fsync", path, errno);
  return {};
}

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = other.release();
  }
  return *this;
}

int Fd::release() { return std::exchange(fd_, -1); }

void Fd::reset() {
  if (fd_ >= 0) ::close(release());
}

Result<std::string> read_file(const std::string& path, std::size_t max_bytes) {
  const Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file) return io_error("open", path, errno);
  return read_all(file, path, max_bytes);
}

Result<std::optional<std::string>> read_file_if_any(const std::string& path,
                                                    std::size_t max_bytes) {
  const Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
  if (!file && errno == ENOENT) return std::nullopt;
  if (!file) return io_error("open", path, errno);
  auto content = read_all(file, path, max_bytes);
  if (!content) return std::unexpected(content.error());
  return std::optional{std::move(*content)};
}

Result<void> write_file_atomically(const std::string& path, std::string_view content, mode_t mode,
                                   Owner owner) {
  auto temporary = TemporaryFile::create(path, mode);
  if (!temporary) return std::unexpected(temporary.error());
  struct stat old{};
  if (owner == Owner::keep && ::stat(path.c_str(), &old) == 0 &&
      ::fchown(temporary->fd(), old.st_uid, old.st_gid) != 0) {
    return io_error("keep the owner of", path, errno);
  }
  if (auto written = temporary->write(content); !written) return written;
  if (auto renamed = temporary->rename_to(path); !renamed) return renamed;
  return sync_directory(directory_of(path));
}

Result<void> publish_file(const std::string& directory, const std::string& name,
                          std::string_view content, mode_t mode) {
  const Fd place{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)};
  if (!place) return io_error("open the directory", directory, errno);
  const std::string path = directory + "/" + name;
  const std::string temporary = name + ".new";
  ::unlinkat(place.get(), temporary.c_str(), 0);  // of a run that was killed
  const Fd file{::openat(place.get(), temporary.c_str(),
                         O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)};
  if (!file) return io_error("create a temporary file for", path, errno);
  auto written = write_all(file, path, content);
  if (written && (::fchmod(file.get(), mode) != 0 || ::fsync(file.get()) != 0 ||
                  ::renameat(place.get(), temporary.c_str(), place.get(), name.c_str()) != 0)) {
    written = io_error("replace", path, errno);
  }
  if (!written) ::unlinkat(place.get(), temporary.c_str(), 0);
  return written;
}

Result<void> append_to_file(const std::string& path, std::string_view text, mode_t mode) {
  constexpr int flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  Fd file{::open(path.c_str(), flags)};
  if (!file && errno == ENOENT) {
    file = Fd{::open(path.c_str(), flags | O_CREAT | O_EXCL, mode)};
    if (file && ::fchmod(file.get(), mode) != 0) return io_error("set mode of", path, errno);
  }
  if (!file) return io_error("open", path, errno);
  return write_all(file, path, text);
}

Result<std::string> read_end_of_file(const std::string& path, std::size_t max_bytes) {
  const Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
  if (!file && errno == ENOENT) return std::string{};
  if (!file) return io_error("open", path, errno);
  const off_t size = ::lseek(file.get(), 0, SEEK_END);
  const off_t from = std::max<off_t>(size - static_cast<off_t>(max_bytes), 0);
  std::string text(max_bytes, '\0');
  const ssize_t got = size < 0 ? -1 : ::pread(file.get(), text.data(), text.size(), from);
  if (got < 0) return io_error("read", path, errno);
  text.resize(static_cast<std::size_t>(got));
  return text;
}

Result<std::string> set_aside(const std::string& path) {
  struct stat status{};
  ::stat(path.c_str(), &status);
  const std::string aside = fmt::format("{}.corrupt-{}", path, status.st_mtim.tv_sec);
  if (::rename(path.c_str(), aside.c_str()) != 0) {
    return fail(ErrorKind::io, fmt::format("{} is damaged and cannot be moved away: {}", path,
                                           std::strerror(errno)));
  }
  return fmt::format("{} was damaged: kept as {}", path, aside);
}

Result<void> make_directory(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) == 0) return {};
  if (errno == EEXIST && std::filesystem::is_directory(path)) return {};
  if (errno != ENOENT) return io_error("make directory", path, errno);
  if (auto parent = make_directory(directory_of(path), 0755); !parent) return parent;
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) {
    return io_error("make directory", path, errno);
  }
  return {};
}

Result<std::optional<Fd>> try_lock(const std::string& path) {
  Fd file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!file) return io_error("open lock", path, errno);
  if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return file;
  if (errno == EWOULDBLOCK) return std::nullopt;
  return io_error("lock", path, errno);
}

}  // namespace lectio
