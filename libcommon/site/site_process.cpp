#include "site/site_process.hpp"

#include <fmt/format.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/ascii.hpp"
#include "io/file.hpp"
#include "io/json.hpp"
#include "io/url.hpp"
#include "io/user.hpp"
#include "site/config_file.hpp"

namespace lectio {
namespace {

bool meant_for_that_process(std::string_view name) {
  constexpr std::array<std::string_view, 9> prefixes{
      "LD_",     "LISTEN_",       "WATCHDOG_",     "GUNICORN_",     "SYSTEMD_",
      "MAINPID", "INVOCATION_ID", "NOTIFY_SOCKET", "JOURNAL_STREAM"};
  return std::ranges::any_of(prefixes,
                             [&](std::string_view prefix) { return name.starts_with(prefix); });
}

// The real user id, as a number.
std::string user_of(pid_t pid) {
  const auto status = read_file(fmt::format("/proc/{}/status", pid));
  if (!status) return {};
  const std::size_t line = status->find("\nUid:\t");
  if (line == std::string::npos) return {};
  const std::size_t start = line + 6;
  return status->substr(start, status->find('\t', start) - start);
}

// Values in the unit's own Environment= count less than those of its files.
std::map<std::string, std::string> environment_of(const UnitSettings& settings) {
  std::string bytes;
  for (const std::string& entry : settings.environment) bytes += entry + '\0';
  for (const std::string& path : settings.environment_files) {
    const auto text = read_file(path);
    const auto file = text ? parse_config_file(*text, path) : fail(ErrorKind::io, "");
    if (!file) continue;
    for (const Assignment& line : file->assignments) {
      bytes += fmt::format("{}={}", line.key, line.value) + '\0';
    }
  }
  return parse_environment(bytes);
}

bool is_secret_name(std::string_view name) {
  constexpr std::array<std::string_view, 7> telling{"PASS", "SECRET", "TOKEN",     "KEY",
                                                    "_URL", "DSN",    "CREDENTIAL"};
  return std::ranges::any_of(
      telling, [&](std::string_view part) { return name.find(part) != std::string_view::npos; });
}

std::string without_backslashes(std::string_view text) {
  std::string bare{text};
  std::erase(bare, '\\');
  return bare;
}

}  // namespace

std::map<std::string, std::string> parse_environment(const std::string& bytes) {
  std::map<std::string, std::string> environment;
  std::string_view rest{bytes};
  while (!rest.empty()) {
    const std::string_view entry = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(std::min(entry.size() + 1, rest.size()));
    const std::size_t sign = std::min(entry.find('='), entry.size());
    const std::string_view name = entry.substr(0, sign);
    // A program that rewrites its title may have overwritten its environment.
    if (sign == entry.size() || !is_name(name) || meant_for_that_process(name)) continue;
    environment[std::string{name}] = entry.substr(sign + 1);
  }
  return environment;
}

SiteProcess site_process(const Config& config, Systemd& systemd) {
  SiteProcess site;
  const auto unit = systemd.unit(config.text("BACKEND_SERVICE"));
  const pid_t pid = unit ? unit->main_pid : 0;
  const auto running = pid > 0 ? read_file(fmt::format("/proc/{}/environ", pid))
                               : Result<std::string>{fail(ErrorKind::io, "")};
  if (running) {
    site.environment = parse_environment(*running);
    if (we_are_root()) site.user = user_of(pid);
  } else if (const auto settings = systemd.settings(config.text("BACKEND_SERVICE"))) {
    site.environment = environment_of(*settings);
    if (we_are_root()) site.user = settings->user;
  }
  if (we_are_root() && site.user.empty()) site.user = config.text("WEB_USER");
  site.environment.try_emplace("DJANGO_SETTINGS_MODULE", config.text("DJANGO_SETTINGS_MODULE"));
  return site;
}

ProcessRequest as_site(const SiteProcess& site, std::vector<std::string> argv,
                       const std::string& directory) {
  std::map<std::string, std::string> environment = site.environment;
  environment.try_emplace("PATH", "/usr/local/bin:/usr/bin:/bin");
  environment.try_emplace("LANG", "C.UTF-8");
  environment.insert_or_assign("PYTHONDONTWRITEBYTECODE", std::string{"1"});
  environment.insert_or_assign("PYTHONUTF8", std::string{"1"});
  ProcessRequest process{.argv = std::move(argv), .directory = directory, .user = site.user};
  for (const auto& [name, value] : environment) {
    process.environment.push_back(fmt::format("{}={}", name, value));
  }
  return process;
}

ProcessRequest as_site_python(const SiteProcess& site, const std::string& python,
                              const std::string& directory, std::string_view script,
                              std::string request) {
  constexpr auto bootstrap =
      "import json, sys; request = json.loads(sys.stdin.buffer.read()); "
      "exec(compile(request.pop('script'), 'lectio', 'exec'))";
  rapidjson::StringBuffer quoted;
  rapidjson::Writer<rapidjson::StringBuffer> writer{quoted};
  writer.String(script.data(), static_cast<rapidjson::SizeType>(script.size()));
  request.pop_back();  // the brace
  request += fmt::format("{}\"script\":{}}}", request == "{" ? "" : ",", quoted.GetString());
  ProcessRequest process = as_site(site, {python, "-c", bootstrap}, directory);
  process.input = std::move(request);
  return process;
}

SiteCensor::SiteCensor(const SiteProcess& site, const std::vector<std::string>& more) {
  std::vector<std::string> secrets = more;
  for (const auto& [name, value] : site.environment) {
    if (is_secret_name(name) && value.size() >= 4) secrets.push_back(value);
    std::ranges::copy(passwords_in_url(value), std::back_inserter(secrets));
  }
  for (const std::string& secret : secrets) {
    redactor_.add_secret(secret);
    bare_.push_back(without_backslashes(secret));
  }
}

std::string SiteCensor::pass(std::string_view text) const {
  const std::string clean = redactor_.clean(text, 10'000);
  const std::string bare = without_backslashes(clean);
  const bool quoted = std::ranges::any_of(bare_, [&](const std::string& secret) {
    return !secret.empty() && bare.find(secret) != std::string::npos;
  });
  return quoted ? "***" : redactor_.clean(clean, 300);
}

std::string SiteCensor::pass_last_line(std::string_view text, bool cut) const {
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  const std::size_t start = text.rfind('\n');
  if (start == std::string_view::npos) return cut ? std::string{} : pass(text);
  return pass(text.substr(start + 1));
}

}  // namespace lectio
