// The configuration of one site: config.env, parsed and never executed.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/severity.hpp"
#include "base/text.hpp"

namespace lectio {

enum class KeyKind {
  text,
  url,
  path,
  number,
  percent,  // 0 to 100
  count,    // whole, at least 1
  seconds,
  timeout,  // seconds, more than 0
  durations,
  flag,
  list,
  severities,
  choice,
  secret
};

// A documented key. The table of all keys is the only place that knows defaults.
struct ConfigKey {
  std::string_view name;
  KeyKind kind;
  std::string_view fallback;  // "" : not configured
  std::string_view choices;   // of KeyKind::choice: "a|b|c"
  std::string_view ru;
  std::string_view en;
};

std::span<const ConfigKey> config_keys();

// "5", "2.5", "30s", "10m", "2h". Empty: it is none.
std::optional<Milliseconds> parse_duration(std::string_view text);

class Config {
 public:
  using Environment = std::function<std::optional<std::string>(const std::string& name)>;

  // `text` is the file's content, `path` its name in messages. Environment goes over
  // file, file over default. Errors (ErrorKind::config) name file, line and key.
  static Result<Config> parse(std::string_view text, const std::string& path,
                              const Environment& environment);
  // A missing file is an error. The file's mode is checked: others must not read it.
  static Result<Config> load(const std::string& path, const Environment& environment);

  // The accessors take a documented key; another is a bug (std::logic_error).
  // A placeholder (YOUR_..._HERE) counts as not configured.
  bool is_set(std::string_view key) const;
  std::string text(std::string_view key) const;
  double number(std::string_view key) const;
  std::int64_t integer(std::string_view key) const;
  Milliseconds seconds(std::string_view key) const;  // "5", "2.5", "30s", "10m", "2h"
  std::vector<Milliseconds> durations(std::string_view key) const;  // growing
  std::vector<Severity> severities(std::string_view key) const;
  bool flag(std::string_view key) const;
  std::vector<std::string> list(std::string_view key) const;  // by spaces or commas

  // What must never be shown.
  std::vector<std::string> secrets() const;

  // For ${NAME} in scenarios and {NAME} in texts: empty when unknown or not set.
  std::optional<std::string> variable(std::string_view key) const;

  // What the owner should know: unknown keys with the nearest known one, keys no
  // longer used, placeholders, duplicates, a file that others can read.
  const std::vector<std::string>& warnings() const { return warnings_; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::map<std::string, std::string, std::less<>> values_;
  std::vector<std::string> warnings_;
};

}  // namespace lectio
