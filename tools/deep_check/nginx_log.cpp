#include "deep_check/nginx_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <utility>
#include <vector>

#include "base/split.hpp"
#include "check/redactor.hpp"

namespace lectio {
namespace {

constexpr std::chrono::minutes window{60};
constexpr std::chrono::minutes clock_error{5};  // what a line may be ahead of us
constexpr std::size_t most_kinds = 30;          // of one minute
constexpr std::size_t most_named = 3;           // to a person
constexpr std::size_t longest_kind = 120;

template <class Number>
bool read_number(std::string_view text, std::size_t at, std::size_t size, Number& number) {
  const char* const begin = text.data() + at;
  const auto [end, error] = std::from_chars(begin, begin + size, number);
  return error == std::errc{} && end == begin + size;
}

// 27/Nov/2026:12:00:00 +0300
std::optional<WallTime> access_time(std::string_view text) {
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const std::size_t month = text.size() >= 26 ? months.find(text.substr(3, 3)) : 1;
  unsigned day = 0;
  int year = 0;
  int hour = 0;
  int minute = 0;
  int zone_hour = 0;
  int zone_minute = 0;
  if (month % 3 != 0 || !read_number(text, 0, 2, day) || !read_number(text, 7, 4, year) ||
      !read_number(text, 12, 2, hour) || !read_number(text, 15, 2, minute) ||
      !read_number(text, 22, 2, zone_hour) || !read_number(text, 24, 2, zone_minute)) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month / 3 + 1)},
                                         std::chrono::day{day}};
  if (!date.ok()) return std::nullopt;
  const std::chrono::minutes zone{zone_hour * 60 + zone_minute};
  return std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} -
         (text[21] == '-' ? -zone : zone);
}

// 2026/11/27 12:00:00
std::optional<WallTime> error_time(std::string_view text) {
  std::tm time{};
  if (text.size() < 19 || text[4] != '/' || text[13] != ':' ||
      !read_number(text, 0, 4, time.tm_year) || !read_number(text, 5, 2, time.tm_mon) ||
      !read_number(text, 8, 2, time.tm_mday) || !read_number(text, 11, 2, time.tm_hour) ||
      !read_number(text, 14, 2, time.tm_min)) {
    return std::nullopt;
  }
  time.tm_year -= 1900;
  time.tm_mon -= 1;
  time.tm_isdst = -1;
  return std::chrono::system_clock::from_time_t(std::mktime(&time));
}

// Lines of one minute stand together, and a time costs more than the rest of the line.
template <class Read>
std::optional<WallTime> remembered(std::string_view text, std::string& last_text,
                                   std::optional<WallTime>& last, const Read& read) {
  if (text != last_text) {
    last_text = text;
    last = read(text);
  }
  return last;
}

std::optional<WallTime> access_minute(std::string_view text) {
  thread_local std::string last_text;
  thread_local std::optional<WallTime> last;
  if (text.size() < 26) return std::nullopt;
  std::array<char, 23> key{};  // without the seconds
  std::ranges::copy(text.substr(0, 17), key.begin());
  std::ranges::copy(text.substr(20, 6), key.begin() + 17);
  const std::string_view whole{key.data(), key.size()};
  return remembered(whole, last_text, last, [&](std::string_view) { return access_time(text); });
}

std::optional<WallTime> error_minute(std::string_view text) {
  thread_local std::string last_text;
  thread_local std::optional<WallTime> last;
  if (text.size() < 19) return std::nullopt;
  return remembered(text.substr(0, 16), last_text, last,
                    [&](std::string_view) { return error_time(text); });
}

std::string minute_name(WallTime time) {
  return fmt::format("{}",
                     std::chrono::floor<std::chrono::minutes>(time.time_since_epoch()).count());
}

void count(Kinds& kinds, std::string_view kind) {
  auto found = kinds.find(kind);
  if (found == kinds.end()) {
    if (kinds.size() >= most_kinds) return;
    found = kinds.emplace(kind, 0).first;
  }
  ++found->second;
}

// "/a" (3), "/b" (1)
template <class Minute>
std::string most_frequent(const std::map<std::string, Minute>& minutes, Kinds Minute::* kinds) {
  Kinds all;
  for (const auto& [name, minute] : minutes) {
    for (const auto& [kind, times] : minute.*kinds) all[kind] += times;
  }
  std::vector<std::pair<std::string, std::uint64_t>> sorted{all.begin(), all.end()};
  std::ranges::stable_sort(sorted, std::greater{}, [](const auto& kind) { return kind.second; });
  std::string text;
  for (std::size_t i = 0; i < std::min(sorted.size(), most_named); ++i) {
    text += fmt::format("{}{} ({})", i == 0 ? "" : ", ",
                        Redactor{}.clean(sorted[i].first, longest_kind), sorted[i].second);
  }
  return text;
}

// What differs from request to request: "names" and what comes after the message itself.
std::string kind_of(std::string_view message) {
  if (message.starts_with('*'))
    message.remove_prefix(std::min(message.find(' ') + 1, message.size()));
  message = message.substr(0, message.find(", client: "));
  std::string kind;
  bool is_quoted = false;
  for (const char c : message.substr(0, 400)) {
    if (c == '"') {
      kind += is_quoted ? "\"" : "\"…";
      is_quoted = !is_quoted;
    } else if (!is_quoted) {
      kind += c;
    }
  }
  return kind.substr(0, kind.find(", server: ")).substr(0, 200);
}

// What a link of a password reset opens is nobody's to read; nginx takes paths of 8 KB.
std::string shown_path(std::string_view path) {
  constexpr std::size_t longest_word = 24;
  std::string shown;
  for (const std::string& part : split(path.substr(0, 400), "/")) {
    shown += "/" + (part.size() < longest_word ? part : "…");
  }
  if (path.ends_with('/')) shown += '/';
  return shown.substr(0, longest_kind);
}

// Whole minutes of which all but their edges lie in one of them.
bool is_excused(const std::string& minute, const std::vector<Span>& excused) {
  std::int64_t number = 0;
  std::from_chars(minute.data(), minute.data() + minute.size(), number);
  const WallTime begin{std::chrono::minutes{number}};
  return std::ranges::any_of(excused, [&](const Span& span) {
    return begin > span.from - std::chrono::minutes{2} && begin < span.to + std::chrono::minutes{1};
  });
}

template <class Minute>
std::map<std::string, Minute> counted(const std::map<std::string, Minute>& minutes,
                                      const std::vector<Span>& excused) {
  std::map<std::string, Minute> counted = minutes;
  std::erase_if(counted, [&](const auto& minute) { return is_excused(minute.first, excused); });
  return counted;
}

// Whole minutes: what lies outside is never kept, however much of it a log holds. Of the future,
// after a clock that was ahead was set, lines would never grow old.
struct KeptMinutes {
  explicit KeptMinutes(WallTime now)
      : first(std::chrono::floor<std::chrono::minutes>(now - window)),
        last(std::chrono::floor<std::chrono::minutes>(now + clock_error)) {}
  bool hold(WallTime minute) const { return first <= minute && minute <= last; }

  WallTime first;
  WallTime last;
};

template <class Minute, class Take>
Result<LogMemory<Minute>> follow(const std::string& path, LogMemory<Minute> memory, WallTime now,
                                 const Deadline& deadline,
                                 std::optional<WallTime> (*time_of)(std::string_view),
                                 const Take& take) {
  const WallTime since = now - window;
  if (memory.path != path) memory = {.path = path};
  const bool knows = memory.place.inode != 0;
  memory.lines = 0;
  memory.strange = 0;
  const LogReader reader{
      .time_of = time_of,
      .take =
          [&](std::string_view line) {
            if (line.empty()) return;
            ++memory.lines;
            if (!take(line, memory.minutes)) ++memory.strange;
          },
  };
  const auto read =
      read_log(path, knows ? std::optional{memory.place} : std::nullopt, since, reader, deadline);
  if (!read) return std::unexpected(read.error());
  memory.place = read->place;
  memory.is_whole = read->is_complete;
  const KeptMinutes kept{now};
  const std::string first = minute_name(kept.first);
  const std::string last = minute_name(kept.last);
  std::erase_if(memory.minutes,
                [&](const auto& minute) { return minute.first < first || minute.first > last; });
  return memory;
}

std::optional<WallTime> time_of_access(std::string_view line) {
  const auto parsed = parse_access_line(line);
  return parsed ? std::optional{parsed->time} : std::nullopt;
}

// Nothing that could be understood is no answer; a few strange lines are the world's.
template <class Minute>
std::optional<Finding> judge_reading(const Result<LogMemory<Minute>>& memory) {
  Finding finding{Outcome::unknown, "log_unreadable", {}};
  if (!memory) {
    finding.facts.set("error", memory.error().message);
    return finding;
  }
  if (memory->lines == 0 || memory->strange * 2 <= memory->lines) return std::nullopt;
  finding.code = "log_not_understood";
  finding.facts.set("path", memory->path)
      .set("lines", memory->lines)
      .set("strange", memory->strange);
  return finding;
}

template <class Minute>
void say_what_is_missing(Finding& finding, const LogMemory<Minute>& memory) {
  if (!memory.is_whole) finding.facts.set("incomplete_log", memory.path);
}

// That nobody could be served while people knew of it is no reason to call it well.
template <class Minute>
bool all_excused(const LogMemory<Minute>& memory, const std::map<std::string, Minute>& counted) {
  return counted.empty() && !memory.minutes.empty();
}

}  // namespace

std::optional<AccessLine> parse_access_line(std::string_view line) {
  const std::size_t open = line.find('[');
  if (open == std::string_view::npos) return std::nullopt;
  const std::size_t quote = line.find('"', open);
  if (quote == std::string_view::npos || quote < open + 28) return std::nullopt;
  const auto time = access_minute(line.substr(open + 1, 26));
  const std::size_t end = line.find("\" ", quote + 1);
  AccessLine parsed;
  if (!time || end == std::string_view::npos || line.size() < end + 5 ||
      !read_number(line, end + 2, 3, parsed.status)) {
    return std::nullopt;
  }
  parsed.time = *time;
  std::string_view request = line.substr(quote + 1, end - quote - 1);
  request.remove_prefix(std::min(request.find(' ') + 1, request.size()));
  parsed.path = request.substr(0, request.find_first_of(" ?"));
  return parsed;
}

std::optional<ErrorLine> parse_error_line(std::string_view line) {
  const auto time = error_minute(line);
  if (!time || line.size() < 21 || line[20] != '[') return std::nullopt;
  const std::string_view level = line.substr(21, line.find(']') - 21);
  ErrorLine parsed{.time = *time};
  constexpr std::array<std::string_view, 4> bad{"error", "crit", "alert", "emerg"};
  parsed.is_bad = std::ranges::find(bad, level) != bad.end();
  if (!parsed.is_bad) return parsed;
  const std::size_t message = line.find(": ");
  if (message == std::string_view::npos) return std::nullopt;
  parsed.kind = kind_of(line.substr(message + 2));
  if (level != "error") parsed.kind = fmt::format("{}: {}", level, parsed.kind);
  return parsed;
}

Result<AccessMemory> follow_access_log(const std::string& path, AccessMemory memory, WallTime now,
                                       const Deadline& deadline) {
  const KeptMinutes kept{now};
  std::optional<WallTime> last;
  MinuteOfRequests* minute = nullptr;
  return follow<MinuteOfRequests>(path, std::move(memory), now, deadline, time_of_access,
                                  [&](std::string_view line, auto& minutes) {
                                    const auto parsed = parse_access_line(line);
                                    if (!parsed) return false;
                                    if (!kept.hold(parsed->time)) return true;
                                    if (parsed->time != last) {
                                      last = parsed->time;
                                      minute = &minutes[minute_name(parsed->time)];
                                    }
                                    ++minute->requests;
                                    if (parsed->status >= 500) {
                                      ++minute->failed;
                                      count(minute->paths, shown_path(parsed->path));
                                    }
                                    return true;
                                  });
}

Result<ErrorMemory> follow_error_log(const std::string& path, ErrorMemory memory, WallTime now,
                                     const Deadline& deadline) {
  const KeptMinutes kept{now};
  return follow<MinuteOfErrors>(path, std::move(memory), now, deadline, error_minute,
                                [&](std::string_view line, auto& minutes) {
                                  const auto parsed = parse_error_line(line);
                                  if (!parsed) return false;
                                  if (!parsed->is_bad || !kept.hold(parsed->time)) return true;
                                  MinuteOfErrors& minute = minutes[minute_name(parsed->time)];
                                  ++minute.errors;
                                  count(minute.kinds, parsed->kind);
                                  return true;
                                });
}

Finding judge_requests(const Result<AccessMemory>& memory, const FailedLimits& limits,
                       const std::vector<Span>& excused) {
  if (auto unread = judge_reading(memory)) return std::move(*unread);
  const auto minutes = counted(memory->minutes, excused);
  if (all_excused(*memory, minutes)) return {Outcome::skipped, "log_excused", {}};
  std::uint64_t requests = 0;
  std::uint64_t failed = 0;
  for (const auto& [name, minute] : minutes) {
    requests += minute.requests;
    failed += minute.failed;
  }
  const double percent =
      requests == 0 ? 0 : 100.0 * static_cast<double>(failed) / static_cast<double>(requests);
  Finding finding{Outcome::good, "requests_served", {}};
  finding.facts.set("requests", requests).set("failed", failed).set("percent", percent);
  say_what_is_missing(finding, *memory);
  if (failed >= limits.at_least && percent >= limits.warning) {
    finding.code = "requests_failing";
    finding.outcome = percent >= limits.critical ? Outcome::critical : Outcome::warning;
    finding.facts.set("paths", most_frequent(minutes, &MinuteOfRequests::paths));
  }
  return finding;
}

Finding judge_errors(const Result<ErrorMemory>& memory, const ErrorLimits& limits,
                     const std::vector<Span>& excused) {
  if (auto unread = judge_reading(memory)) return std::move(*unread);
  const auto minutes = counted(memory->minutes, excused);
  if (all_excused(*memory, minutes)) return {Outcome::skipped, "log_excused", {}};
  std::uint64_t errors = 0;
  for (const auto& [name, minute] : minutes) errors += minute.errors;
  Finding finding{Outcome::good, "nginx_errors_few", {}};
  finding.facts.set("errors", errors);
  say_what_is_missing(finding, *memory);
  const auto number = static_cast<double>(errors);
  if (number > limits.warning) {
    finding.code = "nginx_errors_many";
    finding.outcome = number > limits.critical ? Outcome::critical : Outcome::warning;
  }
  if (errors > 0) finding.facts.set("kinds", most_frequent(minutes, &MinuteOfErrors::kinds));
  return finding;
}

}  // namespace lectio
