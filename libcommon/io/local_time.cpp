#include "io/local_time.hpp"

#include <fmt/chrono.h>
#include <time.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "io/file.hpp"

namespace lectio {
namespace {

std::optional<std::string> environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::nullopt : std::optional<std::string>{value};
}

// TZ for the life of the object.
class ZoneOfProcess {
 public:
  explicit ZoneOfProcess(const std::string& zone) : before_(environment("TZ")) { set(zone); }
  ZoneOfProcess(const ZoneOfProcess&) = delete;
  ZoneOfProcess& operator=(const ZoneOfProcess&) = delete;
  ~ZoneOfProcess() { set(before_); }

 private:
  static void set(const std::optional<std::string>& zone) {
    if (zone) {
      ::setenv("TZ", zone->c_str(), 1);
    } else {
      ::unsetenv("TZ");
    }
    ::tzset();
  }

  std::optional<std::string> before_;
};

LocalTime in_zone_of_process(WallTime time) {
  const std::time_t seconds = WallTime::clock::to_time_t(time);
  std::tm local{};
  ::localtime_r(&seconds, &local);
  return {.year = local.tm_year + 1900,
          .month = local.tm_mon + 1,
          .day = local.tm_mday,
          .hour = local.tm_hour,
          .minute = local.tm_min,
          .zone = local.tm_zone == nullptr ? "" : local.tm_zone};
}

// No absolute path, no way up, nothing that glibc reads as a rule ("MSK-3").
bool is_zone_name(const std::string& name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '+' || c == '/';
  };
  return !name.empty() && name.front() != '/' && std::ranges::all_of(name, allowed);
}

}  // namespace

bool is_time_zone(const std::string& name) {
  if (!is_zone_name(name)) return false;
  const std::string database = environment("TZDIR").value_or("/usr/share/zoneinfo");
  const std::string path = database + "/" + name;
  std::error_code none;
  if (!std::filesystem::is_regular_file(path, none)) return false;
  const auto content = read_file(path);
  return content && content->starts_with("TZif");
}

std::string to_local_rfc3339(WallTime time) {
  const std::time_t seconds =
      WallTime::clock::to_time_t(std::chrono::floor<std::chrono::seconds>(time));
  std::tm local{};
  ::localtime_r(&seconds, &local);
  const long minutes = local.tm_gmtoff / 60;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}{}{:02}:{:02}", local, minutes < 0 ? '-' : '+',
                     std::abs(minutes) / 60, std::abs(minutes) % 60);
}

LocalTime local_time(WallTime time, const std::string& zone) {
  if (!is_time_zone(zone)) return in_zone_of_process(time);
  const ZoneOfProcess there{zone};
  return in_zone_of_process(time);
}

}  // namespace lectio
