#include "site/error_spool.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <string_view>

#include "base/ascii.hpp"
#include "io/file.hpp"
#include "io/filesystem.hpp"
#include "io/json_fields.hpp"
#include "io/user.hpp"

namespace lectio {

template <class Fields>
void describe(Fields& fields, SiteError& error) {
  int schema = 1;
  fields("schema", schema);
  fields("error", error.error);
  fields("text", error.text);
  fields("file", error.file);
  fields("line", error.line);
  fields("function", error.function);
  fields("method", error.method);
  fields("path", error.path);
  fields("frames", error.frames);
}

namespace {

constexpr std::size_t signature_size = 16;
constexpr std::size_t largest_error = 65536;  // bytes, without the repetitions
constexpr std::string_view waiting = ".error";
constexpr std::string_view taken = ".taken";

std::optional<std::string> signature_of(const std::string& path, std::string_view ending) {
  const std::string name = std::filesystem::path{path}.filename().string();
  if (name.size() != signature_size + ending.size() || !name.ends_with(ending)) return std::nullopt;
  const std::string signature = name.substr(0, signature_size);
  const bool is_hex =
      std::ranges::all_of(signature, [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
  return is_hex ? std::optional{signature} : std::nullopt;
}

// A line of JSON, then a byte for each time that it came again.
Result<SiteError> read_error(const std::string& path) {
  const Fd file{::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
  struct stat status{};
  if (!file || ::fstat(file.get(), &status) != 0) {
    return fail(ErrorKind::io, fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  }
  if (!S_ISREG(status.st_mode)) return fail(ErrorKind::protocol, path + " is no file");
  std::string text(largest_error, '\0');
  const ssize_t size = ::pread(file.get(), text.data(), text.size(), 0);
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  const std::size_t end = text.find('\n');
  if (end == std::string::npos) return fail(ErrorKind::protocol, path + " holds no whole error");
  auto error = parse_json_fields<SiteError>(std::string_view{text}.substr(0, end));
  if (!error) return fail(ErrorKind::protocol, fmt::format("{}: {}", path, error.error().message));
  const auto more = static_cast<std::uint64_t>(status.st_size) - end - 1;
  constexpr std::uint64_t most = std::numeric_limits<int>::max() - 1;
  error->times = 1 + static_cast<int>(std::min(more, most));
  return error;
}

}  // namespace

bool ErrorSpool::is_there() const {
  struct stat status{};
  return ::lstat(directory_.c_str(), &status) == 0;
}

Result<void> ErrorSpool::make(const std::string& user) const {
  const auto account = find_user(user);
  if (!account) return std::unexpected(account.error());
  if (auto made = make_directory(directory_, 0700); !made) return made;
  if (::lchown(directory_.c_str(), account->uid, account->gid) == 0) return {};
  const int error = errno;
  ::rmdir(directory_.c_str());
  return fail(ErrorKind::io,
              fmt::format("cannot give {} to {}: {}", directory_, user, std::strerror(error)));
}

Result<std::vector<SiteError>> ErrorSpool::read(Take take, std::vector<std::string>& notes) const {
  std::map<std::string, std::string> paths;  // by signature
  for (const std::string_view ending : {waiting, taken}) {
    const auto found = matching_paths(fmt::format("{}/*{}", directory_, ending));
    if (!found) return std::unexpected(found.error());
    for (const std::string& path : *found) {
      if (auto signature = signature_of(path, ending)) paths[*signature] = path;
    }
  }
  std::vector<SiteError> errors;
  for (auto& [signature, path] : paths) {
    if (take == Take::take && path.ends_with(waiting)) {
      const std::string ours = fmt::format("{}/{}{}", directory_, signature, taken);
      if (::rename(path.c_str(), ours.c_str()) != 0) {
        return fail(ErrorKind::io, fmt::format("cannot take {}: {}", path, std::strerror(errno)));
      }
      path = ours;
    }
    auto error = read_error(path);
    if (error) {
      error->signature = signature;
      errors.push_back(std::move(*error));
      continue;
    }
    notes.push_back(error.error().message);
    if (take == Take::take) ::unlink(path.c_str());
  }
  return errors;
}

void ErrorSpool::drop(const std::vector<SiteError>& errors) const {
  for (const SiteError& error : errors) {
    ::unlink(fmt::format("{}/{}{}", directory_, error.signature, taken).c_str());
  }
}

}  // namespace lectio
