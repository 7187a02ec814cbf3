#include "io/tree.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>

#include "io/file.hpp"

namespace lectio {
namespace {

namespace fs = std::filesystem;

constexpr mode_t directory_mode = 0755;
constexpr mode_t file_mode = 0644;

std::unexpected<Error> io_failure(std::string_view doing, std::string_view path, int code) {
  return fail(ErrorKind::io, fmt::format("cannot {} {}: {}", doing, path, std::strerror(code)));
}

std::unexpected<Error> io_failure(std::string_view doing, std::string_view path) {
  return io_failure(doing, path, errno);
}

// Where a link in the tree leads, by its names and as the kernel would follow it.
bool stays_inside(const fs::path& root, const fs::path& link, const fs::path& target) {
  if (target.is_absolute()) return false;
  auto depth = std::ranges::distance(link.parent_path().lexically_relative(root));
  if (link.parent_path() == root) depth = 0;
  for (const fs::path& part : target) {
    if (part == "..") --depth;
    if (part != ".." && part != ".") ++depth;
    if (depth < 0) return false;
  }
  std::error_code failed;
  const fs::path way = fs::weakly_canonical(link.parent_path() / target, failed)
                           .lexically_relative(fs::canonical(root, failed));
  return !failed && !way.empty() && *way.begin() != "..";
}

// Every entry below `path`, parents first.
template <class Visit>
Result<void> walk(const std::string& path, const Visit& visit) {
  std::error_code failed;
  fs::recursive_directory_iterator entries{path, failed};
  for (; !failed && entries != fs::recursive_directory_iterator{}; entries.increment(failed)) {
    if (auto done = visit(*entries); !done) return done;
  }
  if (failed) return io_failure("read", path, failed.value());
  return {};
}

Result<void> take_over(int file, const std::string& path, TreeOwner owner, mode_t mode) {
  if (::fchown(file, owner.user, owner.group) != 0) return io_failure("give away", path);
  if (::fchmod(file, mode) != 0) return io_failure("set the mode of", path);
  return {};
}

Result<void> copy_bytes(const Fd& in, const Fd& out, const std::string& from,
                        const std::string& to) {
  while (true) {
    const ssize_t moved = ::sendfile(out.get(), in.get(), nullptr, std::size_t{1} << 20U);
    if (moved == 0) return {};
    if (moved > 0 || errno == EINTR) continue;
    if (errno == EIO || errno == EISDIR) return io_failure("read", from);
    return io_failure("write", to);
  }
}

Result<void> copy_opened(const Fd& in, int directory, const std::string& name,
                         const std::string& from, const std::string& to, TreeOwner owner) {
  struct stat status{};
  if (!in || ::fstat(in.get(), &status) != 0) return io_failure("read", from);
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorKind::config, fmt::format("{} is no file any more", from));
  }
  const Fd out{::openat(directory, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
  if (!out) return io_failure("write", to);
  if (auto copied = copy_bytes(in, out, from, to); !copied) return copied;
  return take_over(out.get(), to, owner, file_mode);
}

Result<void> copy_file(const std::string& from, const std::string& to, TreeOwner owner) {
  const Fd in{::open(from.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
  return copy_opened(in, AT_FDCWD, to, from, to, owner);
}

// The directory that `path` lies in, links not followed. `owner`: makes what is missing.
Result<Fd> open_parent(const std::string& tree, const fs::path& path,
                       const std::optional<TreeOwner>& owner) {
  constexpr int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW;
  Fd at{::open(tree.c_str(), flags)};
  for (const fs::path& part : path.parent_path()) {
    if (!at) break;
    Fd next{::openat(at.get(), part.c_str(), flags)};
    if (!next && errno == ENOENT && owner && ::mkdirat(at.get(), part.c_str(), 0700) == 0) {
      next = Fd{::openat(at.get(), part.c_str(), flags)};
      if (next) {
        if (auto taken = take_over(next.get(), part.string(), *owner, directory_mode); !taken) {
          return std::unexpected(taken.error());
        }
      }
    }
    at = std::move(next);
  }
  if (!at) return io_failure("open the directory of", tree + "/" + path.string());
  return at;
}

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

Result<void> own_entry(Fd entry, const std::string& path, TreeOwner owner) {
  struct stat status{};
  if (::fstat(entry.get(), &status) != 0) return io_failure("look at", path);
  const bool is_directory = S_ISDIR(status.st_mode);
  if (!is_directory && !S_ISREG(status.st_mode)) return {};
  if (auto taken = take_over(entry.get(), path, owner, is_directory ? directory_mode : file_mode);
      !taken || !is_directory) {
    return taken;
  }
  const std::unique_ptr<DIR, CloseDirectory> directory{::fdopendir(entry.get())};
  if (!directory) return io_failure("read", path);
  const int at = entry.release();  // the stream's from here on
  while (const dirent* const next = ::readdir(directory.get())) {
    const std::string name = next->d_name;
    if (name == "." || name == "..") continue;
    Fd inner{::openat(at, name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
    if (!inner && (errno == ELOOP || errno == ENXIO || errno == ENOENT)) continue;
    const std::string inner_path = fmt::format("{}/{}", path, name);
    if (!inner) return io_failure("open", inner_path);
    if (auto owned = own_entry(std::move(inner), inner_path, owner); !owned) return owned;
  }
  return {};
}

Result<void> copy_link(const fs::path& from, const std::string& to, TreeOwner owner) {
  std::error_code failed;
  const fs::path target = fs::read_symlink(from, failed);
  if (failed) return io_failure("read", from.string(), failed.value());
  if (::symlink(target.c_str(), to.c_str()) != 0) return io_failure("make", to);
  if (::lchown(to.c_str(), owner.user, owner.group) != 0) return io_failure("give away", to);
  return {};
}

Result<void> copy_entries(const std::string& from, const std::string& to, TreeOwner owner,
                          const std::function<bool()>& stop) {
  if (auto made = make_owned_directory(to, owner); !made) return made;
  auto copied = walk(from, [&](const fs::directory_entry& entry) -> Result<void> {
    if (stop()) return fail(ErrorKind::cancelled, "stopped by a signal");
    const std::string target = (fs::path{to} / entry.path().lexically_relative(from)).string();
    if (entry.is_symlink()) return copy_link(entry.path(), target, owner);
    if (entry.is_directory()) return make_owned_directory(target, owner);
    return copy_file(entry.path().string(), target, owner);
  });
  return copied ? sync_file_system(to) : copied;
}

}  // namespace

Result<TreeSize> measure_tree(const std::string& path) {
  TreeSize size{.bytes = 0, .entries = 1};
  auto walked = walk(path, [&](const fs::directory_entry& entry) -> Result<void> {
    ++size.entries;
    const std::string name = entry.path().string();
    if (entry.is_symlink()) {
      std::error_code failed;
      const fs::path target = fs::read_symlink(entry.path(), failed);
      if (failed) return io_failure("read", name, failed.value());
      if (stays_inside(path, entry.path(), target)) return {};
      return fail(ErrorKind::config,
                  fmt::format("{} is a link that leads out, to {}", name, target.string()));
    }
    if (entry.is_directory()) return {};
    if (!entry.is_regular_file()) {
      return fail(ErrorKind::config, fmt::format("{} is neither a file nor a directory", name));
    }
    std::error_code failed;
    const std::uintmax_t bytes = entry.file_size(failed);
    if (failed) return io_failure("measure", name, failed.value());
    size.bytes += bytes;
    return {};
  });
  if (!walked) return std::unexpected(walked.error());
  return size;
}

Result<void> copy_tree(const std::string& from, const std::string& to, TreeOwner owner,
                       const std::function<bool()>& stop) {
  if (::access(to.c_str(), F_OK) == 0) return io_failure("make", to, EEXIST);
  auto copied = copy_entries(from, to, owner, stop);
  if (copied) return copied;
  // The error that counts is the first.
  if (auto removed = remove_tree(to); !removed)
    copied.error().message += "; " + removed.error().message;
  return copied;
}

Result<void> make_owned_directory(const std::string& path, TreeOwner owner) {
  if (::mkdir(path.c_str(), 0700) != 0) return io_failure("make", path);
  const Fd made{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)};
  if (!made) return io_failure("open", path);
  return take_over(made.get(), path, owner, directory_mode);
}

Result<void> own_tree(const std::string& path, TreeOwner owner) {
  Fd top{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)};
  if (!top) return io_failure("open", path);
  return own_entry(std::move(top), path, owner);
}

Result<std::vector<std::string>> files_of_tree(const std::string& path) {
  std::vector<std::string> files;
  auto walked = walk(path, [&](const fs::directory_entry& entry) -> Result<void> {
    if (!entry.is_symlink() && entry.is_regular_file()) {
      files.push_back(entry.path().lexically_relative(path).string());
    }
    return {};
  });
  if (!walked) return std::unexpected(walked.error());
  std::ranges::sort(files);
  return files;
}

Result<void> link_into_tree(const std::string& from, const std::string& to, const std::string& path,
                            TreeOwner owner) {
  const auto source = open_parent(from, path, std::nullopt);
  if (!source) return std::unexpected(source.error());
  const auto target = open_parent(to, path, owner);
  if (!target) return std::unexpected(target.error());
  const std::string name = fs::path{path}.filename().string();
  if (::linkat(source->get(), name.c_str(), target->get(), name.c_str(), 0) == 0 ||
      errno == EEXIST) {
    return {};
  }
  const Fd in{
      ::openat(source->get(), name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
  return copy_opened(in, target->get(), name, from + "/" + path, to + "/" + path, owner);
}

Result<void> remove_from_tree(const std::string& tree, const std::string& path) {
  const auto parent = open_parent(tree, path, std::nullopt);
  if (!parent) return std::unexpected(parent.error());
  const std::string name = fs::path{path}.filename().string();
  if (::unlinkat(parent->get(), name.c_str(), 0) != 0 && errno != ENOENT) {
    return io_failure("remove", tree + "/" + path);
  }
  return {};
}

// One call for the whole file system beats an fsync for each of a thousand small files.
Result<void> sync_file_system(const std::string& path) {
  const Fd directory{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!directory || ::syncfs(directory.get()) != 0) return io_failure("sync", path);
  return {};
}

Result<void> remove_tree(const std::string& path) {
  std::error_code failed;
  fs::remove_all(path, failed);
  if (failed) return io_failure("remove", path, failed.value());
  return {};
}

Result<bool> exchange(const std::string& a, const std::string& b, const std::string& spare) {
  if (::renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) == 0) return true;
  if (errno != EINVAL && errno != ENOSYS && errno != EXDEV) {
    return io_failure("exchange " + a + " and", b);
  }
  if (::rename(b.c_str(), spare.c_str()) != 0) {
    const int why = errno;
    auto failed = io_failure("move away", b, why);
    if (why == EXDEV) failed.error().kind = ErrorKind::config;
    return failed;
  }
  if (::rename(a.c_str(), b.c_str()) != 0) {
    const int why = errno;
    if (::rename(spare.c_str(), b.c_str()) != 0) return io_failure("put back", b);
    return io_failure("move to its place", a, why);
  }
  if (::rename(spare.c_str(), a.c_str()) != 0) return io_failure("move", spare);
  return false;
}

Result<void> sync_directory(const std::string& path) {
  const Fd directory{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!directory || ::fsync(directory.get()) != 0) return io_failure("sync", path);
  return {};
}

}  // namespace lectio
