#include "site/config.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <stdexcept>

#include "base/split.hpp"
#include "io/file.hpp"
#include "io/url.hpp"
#include "site/config_file.hpp"

namespace lectio {
namespace {

struct RetiredKey {
  std::string_view name;
  std::string_view instead;
};

// Documented by the shell suite, read by nothing there or here.
constexpr std::array retired_keys{
    RetiredKey{"API_URL", "BACKEND_URL"},
    RetiredKey{"HEALTH_CHECK_INTERVAL", "the crontab"},
    RetiredKey{"DETAILED_CHECK_INTERVAL", "the crontab"},
    RetiredKey{"MIN_FREE_DISK_PERCENT", "DISK_WARN_PERCENT"},
    RetiredKey{"MIN_FREE_MEMORY_MB", "MEMORY_WARN_MB"},
    RetiredKey{"CELERY_WORKER_SERVICES", "WATCH_UNITS"},
    RetiredKey{"CELERY_BEAT_SERVICE", "WATCH_UNITS"},
    RetiredKey{"REDIS_SERVICE", "WATCH_UNITS"},
};

const ConfigKey* find_key(std::string_view name) {
  const auto keys = config_keys();
  const auto found = std::ranges::find(keys, name, &ConfigKey::name);
  return found == keys.end() ? nullptr : &*found;
}

const ConfigKey& known_key(std::string_view name) {
  const ConfigKey* key = find_key(name);
  if (key == nullptr) throw std::logic_error{fmt::format("undocumented config key {}", name)};
  return *key;
}

std::string unknown_key_warning(const Assignment& assignment, const std::string& path) {
  const auto retired = std::ranges::find(retired_keys, assignment.key, &RetiredKey::name);
  if (retired != retired_keys.end()) {
    return fmt::format("{}:{}: {} is not used: see {}", path, assignment.line, assignment.key,
                       retired->instead);
  }
  std::vector<std::string_view> names;
  for (const ConfigKey& key : config_keys()) names.push_back(key.name);
  const std::string near = nearest(assignment.key, names);
  return fmt::format("{}:{}: unknown key {}{}", path, assignment.line, assignment.key,
                     near.empty() ? "" : fmt::format(", did you mean {}?", near));
}

constexpr double largest_number = 1e10;

std::optional<double> parse_number(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  // from_chars takes "inf" and "nan" as well.
  return whole && number >= 0 && number <= largest_number ? std::optional{number} : std::nullopt;
}

std::optional<bool> parse_flag(std::string_view text) {
  constexpr std::array<std::string_view, 4> yes{"1", "true", "yes", "on"};
  constexpr std::array<std::string_view, 4> no{"0", "false", "no", "off"};
  if (std::ranges::find(yes, text) != yes.end()) return true;
  if (std::ranges::find(no, text) != no.end()) return false;
  return std::nullopt;
}

std::vector<std::string> items_of(std::string_view text) { return split(text, " ,\t"); }

// Empty: not what is wanted.
std::vector<Milliseconds> parse_durations(std::string_view text) {
  std::vector<Milliseconds> durations;
  for (const std::string& item : items_of(text)) {
    const auto duration = parse_duration(item);
    const Milliseconds before = durations.empty() ? Milliseconds{0} : durations.back();
    if (!duration || *duration <= before) return {};
    durations.push_back(*duration);
  }
  return durations;
}

std::vector<Severity> parse_severities(std::string_view text) {
  std::vector<Severity> severities;
  for (const std::string& item : items_of(text)) {
    const auto severity = parse_severity(item);
    if (!severity) return {};
    severities.push_back(*severity);
  }
  return severities;
}

bool is_percent(std::string_view text) {
  const auto number = parse_number(text);
  return number && *number <= 100;
}

bool is_count(std::string_view text) {
  const auto number = parse_number(text);
  return number && *number >= 1 && *number <= 1e6 && std::floor(*number) == *number;
}

bool is_timeout(std::string_view text) {
  const auto duration = parse_duration(text);
  return duration && duration->count() > 0;
}

bool is_choice(std::string_view choices, std::string_view value) {
  return fmt::format("|{}|", choices).find(fmt::format("|{}|", value)) != std::string::npos;
}

// Empty when the value is one of its kind; otherwise what it should be.
std::string wanted(const ConfigKey& key, const std::string& value) {
  switch (key.kind) {
    case KeyKind::number:
      return parse_number(value) ? "" : "a number";
    case KeyKind::percent:
      return is_percent(value) ? "" : "a number from 0 to 100";
    case KeyKind::count:
      return is_count(value) ? "" : "a whole number above 0";
    case KeyKind::timeout:
      return is_timeout(value) ? "" : "a time above 0 such as 5, 90s, 10m";
    case KeyKind::seconds:
      return parse_duration(value) ? "" : "seconds, or a time such as 90s, 10m, 2h";
    case KeyKind::durations:
      return parse_durations(value).empty() ? "a list of growing times such as 30m,2h,6h" : "";
    case KeyKind::severities:
      return parse_severities(value).empty() ? "a list of critical, high, medium, low" : "";
    case KeyKind::flag:
      return parse_flag(value) ? "" : "0 or 1";
    case KeyKind::choice:
      return is_choice(key.choices, value) ? "" : fmt::format("one of {}", key.choices);
    case KeyKind::path:
      return value.starts_with('/') ? "" : "an absolute path";
    case KeyKind::url:
      return parse_url(value) ? "" : "an address such as https://example.org";
    case KeyKind::text:
    case KeyKind::list:
    case KeyKind::secret:
      return "";
  }
  return "";
}

std::string as_written(const ConfigKey& key, const std::string& value) {
  return key.kind == KeyKind::secret ? std::string{} : fmt::format(" \"{}\"", value);
}

}  // namespace

std::optional<Milliseconds> parse_duration(std::string_view text) {
  double scale = 1000;
  if (!text.empty()) {
    switch (text.back()) {
      case 's':
        text.remove_suffix(1);
        break;
      case 'm':
        scale *= 60;
        text.remove_suffix(1);
        break;
      case 'h':
        scale *= 3600;
        text.remove_suffix(1);
        break;
      default:
        break;
    }
  }
  const auto number = parse_number(text);
  if (!number || *number > 1e9) return std::nullopt;
  return Milliseconds{static_cast<std::int64_t>(*number * scale)};
}

Result<Config> Config::parse(std::string_view text, const std::string& path,
                             const Environment& environment) {
  auto file = parse_config_file(text, path);
  if (!file) return std::unexpected(file.error());

  Config config;
  config.path_ = path;
  config.warnings_ = std::move(file->warnings);
  std::map<std::string, std::string, std::less<>> origin;
  for (Assignment& assignment : file->assignments) {
    if (find_key(assignment.key) == nullptr) {
      config.warnings_.push_back(unknown_key_warning(assignment, path));
      continue;
    }
    const std::string place = fmt::format("{}:{}", path, assignment.line);
    if (const auto before = origin.find(assignment.key); before != origin.end()) {
      config.warnings_.push_back(
          fmt::format("{}: {} is set again (first at {}): the last one counts", place,
                      assignment.key, before->second));
    }
    origin[assignment.key] = place;
    config.values_[assignment.key] = std::move(assignment.value);
  }
  for (const ConfigKey& key : config_keys()) {
    const std::string name{key.name};
    if (auto value = environment(name)) {
      config.values_[name] = *value;
      origin[name] = "the environment";
    }
  }
  for (auto& [name, value] : config.values_) {
    const ConfigKey& key = known_key(name);
    if (is_placeholder(value)) {
      config.warnings_.push_back(
          fmt::format("{}: {} is still the example's placeholder: it counts as not configured",
                      origin[name], name));
      value.clear();
    }
    if (value.empty()) continue;
    if (const std::string kind = wanted(key, value); !kind.empty()) {
      return fail(ErrorKind::config, fmt::format("{}: {}{} is not {}", origin[name], name,
                                                 as_written(key, value), kind));
    }
    if (key.kind == KeyKind::url) {
      while (value.ends_with('/')) value.pop_back();
    }
  }
  for (const auto& [own, old] : {std::pair{"ERRORS_BOT_TOKEN", "TELEGRAM_BOT_TOKEN"},
                                 std::pair{"ERRORS_CHAT_ID", "TELEGRAM_CHAT_ID"}}) {
    if (config.is_set(own) || !config.is_set(old)) continue;
    config.warnings_.push_back(fmt::format(
        "{}: {} is not set: alerts go out with {}, the site's own bot, where nobody may look "
        "for them",
        path, own, old));
  }
  if (!config.is_set("SITE_URL")) {
    return fail(ErrorKind::config,
                fmt::format("{}: SITE_URL is not set: add SITE_URL=\"https://your.site\"", path));
  }
  return config;
}

Result<Config> Config::load(const std::string& path, const Environment& environment) {
  auto text = read_file(path);
  if (!text) {
    return fail(ErrorKind::config,
                fmt::format("{}: copy config.env.example there and fill it in, or name another "
                            "file with --config",
                            text.error().message));
  }
  auto config = parse(*text, path, environment);
  struct stat status{};
  if (!config || ::stat(path.c_str(), &status) != 0) return config;
  if (status.st_uid != 0 && status.st_uid != ::geteuid()) {
    config->warnings_.push_back(fmt::format(
        "{0}: it is not root's, and its owner says what root does: chown root: {0}", path));
  }
  if ((status.st_mode & 0077U) != 0) {
    config->warnings_.push_back(
        fmt::format("{}: others can read the passwords in it (mode {:04o}): chmod 600 {}", path,
                    status.st_mode & 07777U, path));
  }
  return config;
}

bool Config::is_set(std::string_view key) const { return !text(key).empty(); }

std::string Config::text(std::string_view key) const {
  const ConfigKey& known = known_key(key);
  if (const auto found = values_.find(key); found != values_.end() && !found->second.empty()) {
    return found->second;
  }
  if (key == "PUBLIC_HOST") {
    const auto url = parse_url(text("BACKEND_URL"));
    return url ? url->host_header() : std::string{};
  }
  std::string value;
  std::string_view fallback = known.fallback;
  while (!fallback.empty()) {
    const std::size_t start = std::min(fallback.find("${"), fallback.size());
    value += fallback.substr(0, start);
    if (start == fallback.size()) break;
    const std::size_t end = fallback.find('}', start);
    value += text(fallback.substr(start + 2, end - start - 2));
    fallback.remove_prefix(end + 1);
  }
  if ((key == "STATE_DIR" || key == "RUN_DIR" || key == "LOG_DIR") && is_set("INSTANCE")) {
    value += "/" + text("INSTANCE");
  }
  if (key == "ERROR_SPOOL" && is_set("INSTANCE")) value += "-" + text("INSTANCE");
  return value;
}

double Config::number(std::string_view key) const { return parse_number(text(key)).value_or(0); }

std::int64_t Config::integer(std::string_view key) const {
  return static_cast<std::int64_t>(number(key));
}

Milliseconds Config::seconds(std::string_view key) const {
  return parse_duration(text(key)).value_or(Milliseconds{0});
}

bool Config::flag(std::string_view key) const { return parse_flag(text(key)).value_or(false); }

std::vector<Milliseconds> Config::durations(std::string_view key) const {
  return parse_durations(text(key));
}

std::vector<Severity> Config::severities(std::string_view key) const {
  return parse_severities(text(key));
}

std::vector<std::string> Config::list(std::string_view key) const { return items_of(text(key)); }

std::vector<std::string> Config::secrets() const {
  std::vector<std::string> secrets;
  for (const ConfigKey& key : config_keys()) {
    if (key.kind == KeyKind::secret && is_set(key.name)) secrets.push_back(text(key.name));
  }
  return secrets;
}

std::optional<std::string> Config::variable(std::string_view key) const {
  if (find_key(key) == nullptr) return std::nullopt;
  std::string value = text(key);
  if (value.empty()) return std::nullopt;
  return value;
}

}  // namespace lectio
