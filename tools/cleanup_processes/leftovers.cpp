#include "cleanup_processes/leftovers.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstddef>
#include <set>
#include <string_view>

#include "base/ascii.hpp"
#include "base/split.hpp"
#include "io/process_handle.hpp"

namespace lectio {
namespace {

constexpr Milliseconds between_looks{50};
constexpr Milliseconds after_kill{2000};
constexpr std::ptrdiff_t fewest_letters = 3;

std::string trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return std::string{text.substr(begin, text.find_last_not_of(" \t") - begin + 1)};
}

// Who else looks after a process of this control group; empty: nobody. Those of cron and of logins
// hold whatever a person or a line of the crontab started; what is not known is somebody's.
std::string owner_of(const std::string& group) {
  constexpr std::array<std::string_view, 4> of_people{"cron.service", "crond.service",
                                                      "ssh.service", "sshd.service"};
  const auto parts = split(group, "/");
  if (parts.empty()) return {};
  const auto service = std::find_if(parts.rbegin(), parts.rend(), [](const std::string& part) {
    return part.ends_with(".service") && !part.starts_with("user@");
  });
  if (service != parts.rend()) {
    const bool is_persons = std::ranges::find(of_people, *service) != of_people.end();
    return is_persons ? std::string{} : *service;
  }
  const std::string& last = parts.back();
  const bool is_persons =
      last.starts_with("user@") ||
      (last.ends_with(".scope") && (last.starts_with("session-") || last.starts_with("run-")));
  return is_persons ? std::string{} : last;
}

std::set<pid_t> ancestry(const std::vector<Process>& all, pid_t self) {
  std::set<pid_t> line;
  for (pid_t pid = self; pid > 0 && line.insert(pid).second;) {
    const auto process = std::ranges::find(all, pid, &Process::pid);
    pid = process == all.end() ? 0 : process->parent;
  }
  return line;
}

struct Due {
  const Leftover* leftover;
  ProcessHandle process;
};

bool is_gone(const Due& due) { return due.process.is_gone(); }

void wait_for(const std::vector<Due>& held, Milliseconds patience, Clock& clock) {
  const Deadline end{clock, patience};
  while (!std::ranges::all_of(held, is_gone) && !end.passed()) clock.sleep(between_looks);
}

}  // namespace

Result<std::vector<std::string>> parse_process_patterns(const std::string& list) {
  std::vector<std::string> patterns;
  for (const std::string& part : split(list, ",")) {
    std::string pattern = trimmed(part);
    if (pattern.empty()) continue;
    if (std::ranges::count_if(pattern, [](char c) { return is_letter(c) || is_digit(c); }) <
        fewest_letters) {
      return fail(ErrorKind::config,
                  fmt::format("CLEANUP_PROCESSES: \"{}\" would match nearly anything: name the "
                              "program and its arguments",
                              pattern));
    }
    patterns.push_back(std::move(pattern));
  }
  return patterns;
}

Result<std::vector<Leftover>> find_leftovers(const Procfs& procfs, const LeftoverRule& rule,
                                             pid_t self) {
  const auto all = procfs.processes();
  if (!all) return std::unexpected(all.error());
  const auto now = procfs.uptime();
  if (!now) return std::unexpected(now.error());
  const std::set<pid_t> ours = ancestry(*all, self);
  std::vector<Leftover> leftovers;
  for (const Process& process : *all) {
    if (process.pid == 1 || ours.contains(process.pid) || *now - process.started < rule.age) {
      continue;
    }
    const auto arguments = procfs.command_line(process.pid);
    if (!arguments || arguments->empty()) continue;  // of the kernel, or gone
    const std::string command = fmt::format("{}", fmt::join(*arguments, " "));
    const auto pattern = std::ranges::find_if(rule.patterns, [&](const std::string& one) {
      return ::fnmatch(one.c_str(), command.c_str(), 0) == 0;
    });
    if (pattern == rule.patterns.end()) continue;
    Leftover leftover{.process = process, .pattern = *pattern, .owner = {}};
    const auto group = procfs.control_group(process.pid);
    if (!group) continue;
    leftover.owner = owner_of(*group);
    leftover.has_zombies = std::ranges::any_of(*all, [&](const Process& child) {
      return child.parent == process.pid && child.state == 'Z';
    });
    leftovers.push_back(std::move(leftover));
  }
  return leftovers;
}

std::vector<Leftover> end_leftovers(const std::vector<Leftover>& leftovers, const Procfs& procfs,
                                    Milliseconds patience, Clock& clock) {
  std::vector<Leftover> gone;
  std::vector<Due> held;
  for (const Leftover& leftover : leftovers) {
    auto handle = ProcessHandle::open(leftover.process.pid);
    const auto now = procfs.process(leftover.process.pid);
    const bool is_there = now && now->started == leftover.process.started;
    if (!is_there) gone.push_back(leftover);
    if (!handle || !is_there) continue;
    held.push_back({&leftover, std::move(*handle)});
  }
  for (const Due& due : held) due.process.send(SIGTERM);
  wait_for(held, patience, clock);
  for (const Due& due : held) due.process.send(SIGKILL);
  wait_for(held, after_kill, clock);
  for (const Due& due : held) {
    if (is_gone(due)) gone.push_back(*due.leftover);
  }
  return gone;
}

}  // namespace lectio
