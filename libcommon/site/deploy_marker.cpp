#include "site/deploy_marker.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <string_view>
#include <thread>

#include "io/file.hpp"
#include "io/json_fields.hpp"
#include "io/procfs.hpp"

namespace lectio {

// What deploy_safe writes into its marker; a bare `touch` leaves it empty.
struct MarkerContent {
  pid_t pid = 0;
  std::int64_t start_time = 0;  // of the process, in clock ticks after boot
  std::string boot_id;
  std::string who;
  std::string what;
  std::int64_t since = 0;  // Unix seconds
};

template <class Fields>
void describe(Fields& fields, MarkerContent& marker) {
  fields("pid", marker.pid);
  fields("start_time", marker.start_time);
  fields("boot_id", marker.boot_id);
  fields("who", marker.who);
  fields("what", marker.what);
  fields("since", marker.since);
}

namespace {

std::string marker_path(const std::string& run_dir) { return run_dir + "/deploy_in_progress"; }

struct MarkerFile {
  std::string content;
  WallTime written;
  std::string identity;
};

WallTime to_wall(const timespec& time) {
  return WallTime{std::chrono::duration_cast<WallTime::duration>(
      std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec})};
}

// Whoever may write here could silence the suite: the file is taken for what it is only
// when nobody else could have put it there.
Result<std::optional<MarkerFile>> read_marker(const std::string& path) {
  const Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
  if (!file && errno == ENOENT) return std::nullopt;
  if (!file) {
    const char* const reason = errno == ELOOP ? "it is a symbolic link" : std::strerror(errno);
    return fail(ErrorKind::io, fmt::format("deploy marker {} is ignored: {}", path, reason));
  }
  struct stat status{};
  if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return fail(ErrorKind::io, fmt::format("deploy marker {} is ignored: not a plain file", path));
  }
  if (status.st_uid != 0 && status.st_uid != ::geteuid()) {
    return fail(ErrorKind::io, fmt::format("deploy marker {} is ignored: it belongs to user {}",
                                           path, status.st_uid));
  }
  std::array<char, 4096> buffer{};
  const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
  // A touched mtime may lie in the future, the time of that touch cannot.
  return MarkerFile{
      {buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))},
      std::min(to_wall(status.st_mtim), to_wall(status.st_ctim)),
      fmt::format("{}:{}.{}", status.st_ino, status.st_ctim.tv_sec, status.st_ctim.tv_nsec)};
}

// Field 22 of /proc/PID/stat, counted after the name, which may hold anything.
std::int64_t start_time_of(std::int64_t pid) {
  const auto stat = read_file(fmt::format("/proc/{}/stat", pid));
  if (!stat) return -1;
  std::string_view rest{*stat};
  rest.remove_prefix(std::min(rest.rfind(')'), rest.size()));
  for (int field = 2; field < 22; ++field) {
    rest.remove_prefix(std::min(rest.find(' '), rest.size() - 1) + 1);
  }
  return std::strtoll(std::string{rest.substr(0, rest.find(' '))}.c_str(), nullptr, 10);
}

bool lives(const MarkerContent& content) {
  const auto boot_id = read_file("/proc/sys/kernel/random/boot_id");
  return boot_id && boot_id->substr(0, boot_id->find('\n')) == content.boot_id &&
         start_time_of(content.pid) == content.start_time;
}

}  // namespace

class HeldMarker::Touch {
 public:
  explicit Touch(std::string path)
      : path_(std::move(path)), thread_([this](const std::stop_token& stop) { keep(stop); }) {}
  Touch(const Touch&) = delete;
  Touch& operator=(const Touch&) = delete;
  ~Touch() {
    thread_.request_stop();
    thread_.join();
    ::unlink(path_.c_str());
  }

 private:
  void keep(const std::stop_token& stop) {
    constexpr std::chrono::seconds every{5};
    std::mutex mutex;
    std::unique_lock lock{mutex};
    while (!wake_.wait_for(lock, stop, every, [&] { return stop.stop_requested(); })) {
      ::utimensat(AT_FDCWD, path_.c_str(), nullptr, AT_SYMLINK_NOFOLLOW);
    }
  }

  std::string path_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // the last member: it uses the others
};

HeldMarker::HeldMarker(std::unique_ptr<Touch> touch) : touch_(std::move(touch)) {}
HeldMarker::HeldMarker(HeldMarker&&) noexcept = default;
HeldMarker& HeldMarker::operator=(HeldMarker&&) noexcept = default;
HeldMarker::~HeldMarker() = default;

Result<HeldMarker> HeldMarker::make(const std::string& run_dir, const std::string& who,
                                    const std::string& what, WallTime now) {
  auto boot_id = Procfs{}.boot_id();
  if (!boot_id) return std::unexpected(boot_id.error());
  const MarkerContent content{
      .pid = ::getpid(),
      .start_time = start_time_of(::getpid()),
      .boot_id = std::move(*boot_id),
      .who = who,
      .what = what,
      .since = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count()};
  const std::string path = marker_path(run_dir);
  if (auto made = make_directory(run_dir); !made) return std::unexpected(made.error());
  if (auto written = write_file_atomically(path, to_json_fields(content) + "\n", 0644); !written) {
    return std::unexpected(written.error());
  }
  return HeldMarker{std::make_unique<Touch>(path)};
}

Result<std::optional<DeployMarker>> read_deploy_marker(const std::string& run_dir) {
  auto file = read_marker(marker_path(run_dir));
  if (!file) return std::unexpected(file.error());
  if (!*file) return std::nullopt;
  DeployMarker marker;
  marker.identity = (*file)->identity;
  marker.touched = marker.since = (*file)->written;
  const auto ours = parse_json_fields<MarkerContent>((*file)->content);
  if (ours && ours->pid > 0) {
    marker.pid = ours->pid;
    marker.alive = lives(*ours);
    marker.who = ours->who;
    marker.what = ours->what;
    constexpr std::int64_t latest = 9'000'000'000;  // what a WallTime can hold
    marker.since = WallTime{std::chrono::seconds{std::clamp<std::int64_t>(ours->since, 0, latest)}};
  }
  return marker;
}

Result<void> remove_dead_marker(const std::string& run_dir) {
  const auto marker = read_deploy_marker(run_dir);
  if (!marker) return std::unexpected(marker.error());
  if (!*marker || (*marker)->alive.value_or(true)) return {};
  const std::string path = marker_path(run_dir);
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  return fail(ErrorKind::io, fmt::format("cannot remove {}: {}", path, std::strerror(errno)));
}

Result<std::optional<DeployMarker>> active_deploy(const std::string& run_dir, Milliseconds grace,
                                                  Clock& clock) {
  auto marker = read_deploy_marker(run_dir);
  if (!marker || !*marker) return marker;
  const auto age = clock.wall() - (*marker)->touched;
  const bool counts = (*marker)->alive ? *(*marker)->alive : age >= Milliseconds{0} && age <= grace;
  if (!counts) return std::nullopt;
  return marker;
}

Result<std::optional<Milliseconds>> run_dir_changed(const std::string& run_dir, Clock& clock) {
  struct stat status{};
  if (::stat(run_dir.c_str(), &status) != 0) {
    if (errno == ENOENT) return std::nullopt;
    return fail(ErrorKind::io, fmt::format("cannot look at {}: {}", run_dir, std::strerror(errno)));
  }
  const auto age = std::chrono::duration_cast<Milliseconds>(clock.wall() - to_wall(status.st_mtim));
  if (age < Milliseconds{0}) return std::nullopt;
  return age;
}

}  // namespace lectio
