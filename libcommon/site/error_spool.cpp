#include "site/error_spool.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <string_view>
#include <system_error>

#include "base/ascii.hpp"
#include "io/file.hpp"
#include "io/json_fields.hpp"

namespace lectio {

template <class Fields>
void describe(Fields& fields, SiteError& error) {
  int schema = 1;
  fields("schema", schema);
  fields("status", error.status);
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
constexpr std::size_t largest_error = 16384;  // bytes, without the repetitions
constexpr std::size_t most_frames = 10;
constexpr std::size_t most_entries = 2000;  // looked at in one run
constexpr std::uint64_t most_times = 1'000'000;
constexpr std::string_view waiting_ending = ".error";
constexpr std::string_view taken_ending = ".taken";
constexpr std::chrono::minutes writing{1};  // longer than anybody takes to write one

std::unexpected<Error> spool_error(std::string_view what, const std::string& path) {
  return fail(ErrorKind::io, fmt::format("cannot {} {}: {}", what, path, std::strerror(errno)));
}

std::optional<std::string> signature_of(std::string_view name, std::string_view ending) {
  if (name.size() != signature_size + ending.size() || !name.ends_with(ending)) return std::nullopt;
  const std::string_view signature = name.substr(0, signature_size);
  const bool is_hex =
      std::ranges::all_of(signature, [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
  return is_hex ? std::optional{std::string{signature}} : std::nullopt;
}

bool is_being_written(const std::string& path) {
  struct stat status{};
  if (!path.ends_with(".part") || ::lstat(path.c_str(), &status) != 0) return false;
  return std::chrono::system_clock::now() -
             std::chrono::system_clock::from_time_t(status.st_mtime) <
         writing;
}

void remove_entry(const std::string& path) {
  if (::unlink(path.c_str()) != 0) ::rmdir(path.c_str());
}

// A line of JSON, then a byte for each time that it came again.
Result<SiteError> read_error(const std::string& path, uid_t owner) {
  const Fd file{::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
  struct stat status{};
  if (!file || ::fstat(file.get(), &status) != 0) return spool_error("read", path);
  if (status.st_uid != owner) return fail(ErrorKind::protocol, path + " is another account's");
  std::string text(largest_error, '\0');
  const ssize_t size = ::pread(file.get(), text.data(), text.size(), 0);
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  const std::size_t end = text.find('\n');
  if (end == std::string::npos) return fail(ErrorKind::protocol, path + " holds no whole error");
  auto error = parse_json_fields<SiteError>(std::string_view{text}.substr(0, end));
  if (!error) return fail(ErrorKind::protocol, fmt::format("{}: {}", path, error.error().message));
  const auto more = static_cast<std::uint64_t>(status.st_size) - end - 1;
  error->times = 1 + static_cast<int>(std::min(more, most_times));
  if (error->frames.size() > most_frames) error->frames.resize(most_frames);
  return error;
}

struct Listed {
  std::map<std::string, std::string> errors;  // paths by signature
  std::vector<std::string> others;            // none of ours
};

Result<Listed> list(const std::string& directory) {
  Listed listed;
  std::error_code failed;
  std::filesystem::directory_iterator entry{directory, failed};
  std::size_t seen = 0;
  for (const std::filesystem::directory_iterator end;
       !failed && entry != end && seen < most_entries; entry.increment(failed), ++seen) {
    const std::string path = entry->path().string();
    const std::string name = entry->path().filename().string();
    if (const auto taken = signature_of(name, taken_ending)) {
      listed.errors[*taken] = path;  // what came later waits for its turn
    } else if (const auto waits = signature_of(name, waiting_ending)) {
      listed.errors.try_emplace(*waits, path);
    } else if (!is_being_written(path)) {
      listed.others.push_back(path);
    }
  }
  if (failed) {
    return fail(ErrorKind::io, fmt::format("cannot list {}: {}", directory, failed.message()));
  }
  return listed;
}

}  // namespace

Result<void> ErrorSpool::give_to(uid_t user) const {
  struct stat status{};
  if (::lstat(directory_.c_str(), &status) != 0) {
    if (auto made = make_directory(directory_, 0700); !made) return made;
    if (::lstat(directory_.c_str(), &status) != 0) return spool_error("look at", directory_);
  }
  if (!S_ISDIR(status.st_mode)) {
    return fail(ErrorKind::config, fmt::format("ERROR_SPOOL: {} is no directory", directory_));
  }
  if (::lchown(directory_.c_str(), user, static_cast<gid_t>(-1)) == 0) return {};
  return spool_error("give away", directory_);
}

Result<std::vector<SiteError>> ErrorSpool::read(Take take, std::vector<std::string>& notes) const {
  std::vector<SiteError> errors;
  struct stat status{};
  if (::lstat(directory_.c_str(), &status) != 0) return errors;
  const auto listed = list(directory_);
  if (!listed) return std::unexpected(listed.error());
  const auto dismiss = [&](const std::string& path, const std::string& why) {
    notes.push_back(why);
    if (take == Take::take) remove_entry(path);
  };
  for (const std::string& path : listed->others) dismiss(path, path + " is none of ours");
  for (const auto& [signature, path] : listed->errors) {
    if (errors.size() == most_kinds) break;  // the next run's
    std::string ours = path;
    if (take == Take::take && path.ends_with(waiting_ending)) {
      ours = fmt::format("{}/{}{}", directory_, signature, taken_ending);
      if (::rename(path.c_str(), ours.c_str()) != 0) {
        dismiss(path, spool_error("take", path).error().message);
        continue;
      }
    }
    auto error = read_error(ours, status.st_uid);
    if (!error) {
      dismiss(ours, error.error().message);
      continue;
    }
    error->signature = signature;
    errors.push_back(std::move(*error));
  }
  return errors;
}

void ErrorSpool::drop(const std::vector<SiteError>& errors) const {
  for (const SiteError& error : errors) {
    ::unlink(fmt::format("{}/{}{}", directory_, error.signature, taken_ending).c_str());
  }
}

}  // namespace lectio
