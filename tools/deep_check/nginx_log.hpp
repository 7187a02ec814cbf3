// What nginx's logs say of the last hour: how many requests the site could not serve, which, and
// what nginx complained of.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "check/finding.hpp"
#include "io/log_file.hpp"

namespace lectio {

struct AccessLine {
  WallTime time;  // to the minute
  int status = 0;
  std::string_view path;  // without the query
};

// Of nginx's "combined" format and those that begin like it.
std::optional<AccessLine> parse_access_line(std::string_view line);

struct ErrorLine {
  WallTime time;          // to the minute
  bool is_bad = false;    // of level error or above
  std::string kind = {};  // what was complained of, without what differs from request to request
};

// nginx writes the machine's local time.
std::optional<ErrorLine> parse_error_line(std::string_view line);

using Kinds = std::map<std::string, std::uint64_t, std::less<>>;

// By minute since the epoch, as a text: what runs remember between them.
struct MinuteOfRequests {
  std::uint64_t requests = 0;
  std::uint64_t failed = 0;  // answered with 5xx
  Kinds paths;               // of those that failed, as far as there is room
};
struct MinuteOfErrors {
  std::uint64_t errors = 0;
  Kinds kinds;
};

template <class Minute>
struct LogMemory {
  std::string path;
  LogPlace place = {};
  std::map<std::string, Minute> minutes = {};
  std::uint64_t lines = 0;    // of the last reading
  std::uint64_t strange = 0;  // of those, not understood
  bool is_whole = true;       // the last reading missed nothing of the hour
};
using AccessMemory = LogMemory<MinuteOfRequests>;
using ErrorMemory = LogMemory<MinuteOfErrors>;

// Reads on from where the memory ends, and keeps no more than the last hour.
Result<AccessMemory> follow_access_log(const std::string& path, AccessMemory memory, WallTime now,
                                       const Deadline& deadline);
Result<ErrorMemory> follow_error_log(const std::string& path, ErrorMemory memory, WallTime now,
                                     const Deadline& deadline);

// Of time that does not count.
struct Span {
  WallTime from{};
  WallTime to{};
};

struct FailedLimits {  // percent of the requests, when at least so many failed
  double warning = 1;
  double critical = 5;
  std::uint64_t at_least = 10;
};
// Fact incomplete_log: the log's path, when lines of the hour were lost or not reached.
// Codes: requests_served, requests_failing, log_excused, log_unreadable, log_not_understood.
Finding judge_requests(const Result<AccessMemory>& memory, const FailedLimits& limits,
                       const std::vector<Span>& excused = {});

struct ErrorLimits {  // lines an hour, more than
  double warning = 100;
  double critical = 1000;
};
// Codes: nginx_errors_few, nginx_errors_many, log_excused, log_unreadable, log_not_understood.
Finding judge_errors(const Result<ErrorMemory>& memory, const ErrorLimits& limits,
                     const std::vector<Span>& excused = {});

}  // namespace lectio
