// A log that grows and is rotated: its lines since a place, or since a time, in bounded memory.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace lectio {

// Up to where a log was read. The file is known again after a rotation by how it begins, also
// when it was copied or compressed.
struct LogPlace {
  std::uint64_t inode = 0;
  std::uint64_t offset = 0;  // bytes, uncompressed; the beginning of a line
  std::uint64_t head = 0;    // checksum of its first bytes, as many as lie before `offset` or 256
};

// How to read one kind of log.
struct LogReader {
  // When a line was written; nothing: it does not say. Used to find where to begin.
  std::function<std::optional<WallTime>(std::string_view line)> time_of;
  // Every line, the oldest first, without its end. May be older than what was asked for.
  std::function<void(std::string_view line)> take;
};

struct LogRead {
  LogPlace place;           // where the next reading begins
  bool is_complete = true;  // false: what had been read before is not found again, or time was up
};

// `path` and what rotation has made of it (PATH.1, PATH.2.gz, PATH-20261127): from `from` on, and
// no further back than `since`; without a place from `since` on. The last line, while it has no
// end, is left for the next reading; one of more than 64 KiB is no line. ErrorKind::io: `path`
// cannot be read.
Result<LogRead> read_log(const std::string& path, const std::optional<LogPlace>& from,
                         WallTime since, const LogReader& reader, const Deadline& deadline);

}  // namespace lectio
