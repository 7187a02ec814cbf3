#include "setup_smoke_users/site_process.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "io/file.hpp"
#include "io/user.hpp"

namespace lectio {
namespace {

bool meant_for_that_process(std::string_view name) {
  constexpr std::array<std::string_view, 9> prefixes{
      "LD_",     "LISTEN_",       "WATCHDOG_",     "GUNICORN_",     "SYSTEMD_",
      "MAINPID", "INVOCATION_ID", "NOTIFY_SOCKET", "JOURNAL_STREAM"};
  return std::ranges::any_of(prefixes,
                             [&](std::string_view prefix) { return name.starts_with(prefix); });
}

// A program that rewrites its title may have overwritten its environment.
bool is_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  });
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

}  // namespace

std::map<std::string, std::string> parse_environment(const std::string& bytes) {
  std::map<std::string, std::string> environment;
  std::string_view rest{bytes};
  while (!rest.empty()) {
    const std::string_view entry = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(std::min(entry.size() + 1, rest.size()));
    const std::size_t sign = std::min(entry.find('='), entry.size());
    const std::string_view name = entry.substr(0, sign);
    if (sign == entry.size() || !is_name(name) || meant_for_that_process(name)) continue;
    environment[std::string{name}] = entry.substr(sign + 1);
  }
  return environment;
}

SiteProcess site_process(const Config& config, Systemd& systemd) {
  SiteProcess site;
  const auto unit = systemd.unit(config.text("BACKEND_SERVICE"));
  const pid_t pid = unit ? unit->main_pid : 0;
  if (we_are_root()) {
    if (pid > 0) site.user = user_of(pid);
    if (site.user.empty()) site.user = config.text("WEB_USER");
  }
  if (pid > 0) {
    if (const auto bytes = read_file(fmt::format("/proc/{}/environ", pid))) {
      site.environment = parse_environment(*bytes);
    }
  }
  return site;
}

}  // namespace lectio
