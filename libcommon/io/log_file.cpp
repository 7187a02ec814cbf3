#include "io/log_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "io/file.hpp"

namespace lectio {
namespace {

constexpr std::size_t head_size = 256;
constexpr std::size_t longest_line = std::size_t{64} << 10U;
constexpr std::size_t buffer_size = std::size_t{256} << 10U;
// Lines stand in the order of their ends, and the clock is set now and then.
constexpr std::chrono::minutes disorder{5};

struct CloseGz {
  void operator()(gzFile file) const { gzclose(file); }
};

struct LogFile {
  std::string path;
  struct stat status{};
};

std::unexpected<Error> log_error(std::string_view what, const std::string& path) {
  return fail(ErrorKind::io, fmt::format("cannot {} {}: {}", what, path, std::strerror(errno)));
}

WallTime changed(const LogFile& file) {
  const timespec& time = file.status.st_mtim;
  return WallTime{std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec}};
}

// One file, compressed or not, from an offset on.
class LogStream {
 public:
  static Result<LogStream> open(const std::string& path) {
    Fd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!fd) return log_error("open", path);
    LogStream stream;
    stream.gz_.reset(gzdopen(fd.get(), "rb"));
    if (!stream.gz_) return log_error("read", path);
    fd.release();  // it is closed with the stream
    // Readings of twice this size or more go straight to the reader's own buffer.
    gzbuffer(stream.gz_.get(), static_cast<unsigned>(buffer_size / 4));
    return stream;
  }

  bool is_plain() const { return gzdirect(gz_.get()) != 0; }
  bool seek(std::uint64_t offset) {
    return gzseek(gz_.get(), static_cast<z_off_t>(offset), SEEK_SET) >= 0;
  }
  // Fewer than asked for: it ends, or is damaged from there on.
  std::size_t read(char* to, std::size_t size) {
    const int got = gzread(gz_.get(), to, static_cast<unsigned>(size));
    return got > 0 ? static_cast<std::size_t>(got) : 0;
  }

 private:
  std::unique_ptr<gzFile_s, CloseGz> gz_;
};

// Of the first `size` bytes; nothing: it has fewer.
std::optional<std::uint64_t> head_of(LogStream& stream, std::size_t size) {
  std::array<char, head_size> bytes{};
  if (!stream.seek(0) || stream.read(bytes.data(), size) != size) return std::nullopt;
  return crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), size);
}

std::size_t head_size_at(std::uint64_t offset) {
  return static_cast<std::size_t>(std::min<std::uint64_t>(offset, head_size));
}

// The log, then what it was before, the newest first.
std::vector<LogFile> files_of(const std::string& path) {
  std::vector<LogFile> files;
  const std::filesystem::path log{path};
  const std::string name = log.filename().string();
  std::error_code failed;
  for (std::filesystem::directory_iterator entry{log.parent_path(), failed}, end;
       !failed && entry != end; entry.increment(failed)) {
    const std::string other = entry->path().filename().string();
    if (!other.starts_with(name + ".") && !other.starts_with(name + "-")) continue;
    LogFile file{.path = entry->path().string()};
    if (::stat(file.path.c_str(), &file.status) == 0 && S_ISREG(file.status.st_mode)) {
      files.push_back(std::move(file));
    }
  }
  std::ranges::sort(files, std::greater{}, changed);
  return files;
}

// Of one reading.
class Reading {
 public:
  Reading(WallTime since, const LogReader& reader, const Deadline& deadline)
      : since_(since), reader_(reader), deadline_(deadline), buffer_(buffer_size) {}

  // The offset after the last whole line; `is_over`: nobody writes to it any more.
  std::uint64_t read(LogStream& stream, std::uint64_t offset, bool is_over) {
    if (!stream.seek(offset)) return offset;
    std::size_t held = 0;
    bool skipping = false;
    while (!deadline_.passed()) {
      const std::size_t got = stream.read(buffer_.data() + held, buffer_.size() - held);
      if (got == 0) break;
      const std::string_view bytes{buffer_.data(), held + got};
      const std::size_t used = take_lines(bytes, skipping);
      offset += used;
      held = bytes.size() - used;
      if (held > longest_line) {
        skipping = true;
        offset += held;
        held = 0;
      }
      std::memmove(buffer_.data(), buffer_.data() + bytes.size() - held, held);
    }
    if (deadline_.passed()) stopped_ = true;
    if (is_over && held > 0 && !skipping) reader_.take({buffer_.data(), held});
    return offset;
  }

  // Where the lines since then begin, at the earliest; a line may be cut there.
  std::uint64_t search(LogStream& stream, std::uint64_t low, std::uint64_t high) {
    while (high - low > buffer_size && !deadline_.passed()) {
      const std::uint64_t middle = low + (high - low) / 2;
      const auto time = time_at(stream, middle);
      if (time && *time < since_ - disorder) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return low;
  }

  bool was_stopped() const { return stopped_; }

 private:
  std::size_t take_lines(std::string_view bytes, bool& skipping) const {
    std::size_t used = 0;
    for (std::size_t end = bytes.find('\n'); end != std::string_view::npos;
         end = bytes.find('\n', used)) {
      if (!skipping) reader_.take(bytes.substr(used, end - used));
      skipping = false;
      used = end + 1;
    }
    return used;
  }

  // Of the first line after the one that is cut at `offset`.
  std::optional<WallTime> time_at(LogStream& stream, std::uint64_t offset) {
    if (!stream.seek(offset)) return std::nullopt;
    const std::size_t got = stream.read(buffer_.data(), buffer_.size());
    std::string_view bytes{buffer_.data(), got};
    bytes.remove_prefix(std::min(bytes.find('\n'), bytes.size()));
    while (!bytes.empty()) {
      bytes.remove_prefix(1);
      const std::size_t end = bytes.find('\n');
      if (end == std::string_view::npos) break;
      if (const auto time = reader_.time_of(bytes.substr(0, end))) return time;
      bytes.remove_prefix(end);
    }
    return std::nullopt;
  }

  WallTime since_;
  const LogReader& reader_;
  const Deadline& deadline_;
  std::vector<char> buffer_;
  bool stopped_ = false;
};

// Index of the file that a place lies in; their number: it is gone.
std::size_t file_of(const std::vector<LogFile>& files, const LogPlace& place) {
  const std::size_t size = head_size_at(place.offset);
  for (std::size_t i = 0; i < files.size(); ++i) {
    const bool is_itself = files[i].status.st_ino == place.inode;
    if (size == 0 && !is_itself) continue;  // it had nothing to be known by
    auto stream = LogStream::open(files[i].path);
    if (!stream) continue;
    const bool is_shorter =
        stream->is_plain() && static_cast<std::uint64_t>(files[i].status.st_size) < place.offset;
    if (!is_shorter && head_of(*stream, size) == place.head) return i;
  }
  return files.size();
}

}  // namespace

Result<LogRead> read_log(const std::string& path, const std::optional<LogPlace>& from,
                         WallTime since, const LogReader& reader, const Deadline& deadline) {
  LogFile log{.path = path};
  if (::stat(path.c_str(), &log.status) != 0) return log_error("read", path);
  std::vector<LogFile> files = files_of(path);
  files.insert(files.begin(), std::move(log));
  LogRead done;
  const std::size_t known = from ? file_of(files, *from) : files.size();
  if (from && known == files.size()) done.is_complete = false;
  std::size_t oldest = 0;
  if (known < files.size()) {
    oldest = known;
  } else {
    while (oldest + 1 < files.size() && changed(files[oldest + 1]) >= since) ++oldest;
  }
  Reading reading{since, reader, deadline};
  for (std::size_t i = oldest + 1; i-- > 0;) {
    if (i > 0 && changed(files[i]) < since) continue;
    auto stream = LogStream::open(files[i].path);
    if (!stream) {
      if (i == 0) return std::unexpected(stream.error());
      done.is_complete = false;
      continue;
    }
    std::uint64_t offset = i == known ? from->offset : 0;
    if (stream->is_plain()) {
      offset = reading.search(
          *stream, offset, std::max(offset, static_cast<std::uint64_t>(files[i].status.st_size)));
    }
    offset = reading.read(*stream, offset, i > 0);
    if (i > 0) continue;
    done.place = {.inode = files[i].status.st_ino, .offset = offset};
    done.place.head = head_of(*stream, head_size_at(offset)).value_or(0);
  }
  if (reading.was_stopped()) done.is_complete = false;
  return done;
}

}  // namespace lectio
