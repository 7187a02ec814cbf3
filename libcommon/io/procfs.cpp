#include "io/procfs.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>

#include "base/split.hpp"
#include "io/file.hpp"

namespace lectio {
namespace {

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// "MemAvailable:    1234 kB" -> bytes.
std::optional<std::uint64_t> meminfo_value(const std::vector<std::string>& lines,
                                           std::string_view name) {
  for (const std::string& line : lines) {
    if (!line.starts_with(name) || line[name.size()] != ':') continue;
    const auto words = split(line, " ");
    if (words.size() < 2) return std::nullopt;
    const auto kibibytes = parse_number<std::uint64_t>(words[1]);
    return kibibytes ? std::optional{*kibibytes * 1024} : std::nullopt;
  }
  return std::nullopt;
}

// Clock ticks, as proc(5) counts.
Milliseconds parse_ticks(const std::string& text) {
  static const std::int64_t ticks_a_second = ::sysconf(_SC_CLK_TCK);
  return Milliseconds{parse_number<std::int64_t>(text).value_or(0) * 1000 / ticks_a_second};
}

// "42 (a name with ) in it) S 1 ..."
std::optional<Process> parse_stat(std::string_view stat) {
  const std::size_t open = stat.find(" (");
  const std::size_t close = stat.rfind(") ");
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
    return std::nullopt;
  }
  const auto pid = parse_number<pid_t>(stat.substr(0, open));
  const auto rest = split(stat.substr(close + 2), " ");
  if (!pid || rest.size() < 2) return std::nullopt;
  const auto parent = parse_number<pid_t>(rest[1]);
  if (!parent) return std::nullopt;
  const auto ticks = [&rest](std::size_t field) {
    return field < rest.size() ? parse_ticks(rest[field]) : Milliseconds{0};
  };
  return Process{.pid = *pid,
                 .parent = *parent,
                 .state = rest[0][0],
                 .name = std::string{stat.substr(open + 2, close - open - 2)},
                 .started = ticks(19),
                 .cpu = ticks(11) + ticks(12)};
}

std::optional<Process> read_process(const std::string& directory) {
  const auto stat = read_file(directory + "/stat");
  return stat ? parse_stat(*stat) : std::nullopt;  // one that has just ended is none
}

}  // namespace

Result<MemoryInfo> Procfs::memory() const {
  const std::string path = root_ + "/meminfo";
  const auto content = read_file(path);
  if (!content) return std::unexpected(content.error());
  const auto lines = split(*content, "\n");
  const auto total = meminfo_value(lines, "MemTotal");
  const auto available = meminfo_value(lines, "MemAvailable");
  if (!total || !available) {
    return fail(ErrorKind::io, fmt::format("{} has no MemTotal or MemAvailable", path));
  }
  return MemoryInfo{*total, *available, meminfo_value(lines, "SwapTotal").value_or(0),
                    meminfo_value(lines, "SwapFree").value_or(0)};
}

Result<std::uint64_t> Procfs::oom_kills() const {
  const std::string path = root_ + "/vmstat";
  const auto content = read_file(path);
  if (!content) return std::unexpected(content.error());
  for (const std::string& line : split(*content, "\n")) {
    constexpr std::string_view name = "oom_kill ";
    if (!line.starts_with(name)) continue;
    if (const auto kills =
            parse_number<std::uint64_t>(std::string_view{line}.substr(name.size()))) {
      return *kills;
    }
  }
  return fail(ErrorKind::io, fmt::format("{} has no oom_kill", path));
}

Result<std::vector<Process>> Procfs::children(pid_t parent) const {
  const std::string directory = fmt::format("{}/{}", root_, parent);
  const auto list = read_file_if_any(fmt::format("{}/task/{}/children", directory, parent));
  if (!list) return std::unexpected(list.error());
  if (!*list) {  // a kernel without CONFIG_PROC_CHILDREN, or no such process
    if (!read_process(directory)) {
      return fail(ErrorKind::io, fmt::format("{}: no such process", directory));
    }
    return children_of_all(parent);
  }
  std::vector<Process> children;
  for (const std::string& pid : split(**list, " ")) {
    if (auto child = read_process(root_ + "/" + pid)) children.push_back(std::move(*child));
  }
  return children;
}

Result<std::vector<Process>> Procfs::children_of_all(pid_t parent) const {
  auto children = processes();
  if (children) {
    std::erase_if(*children, [&](const Process& process) { return process.parent != parent; });
  }
  return children;
}

Result<std::vector<Process>> Procfs::processes() const {
  std::error_code error;
  std::vector<Process> all;
  for (std::filesystem::directory_iterator entry{root_, error}, end; !error && entry != end;
       entry.increment(error)) {
    if (!parse_number<pid_t>(entry->path().filename().string())) continue;
    if (auto process = read_process(entry->path().string())) all.push_back(std::move(*process));
  }
  if (error) return fail(ErrorKind::io, fmt::format("cannot list {}: {}", root_, error.message()));
  return all;
}

std::optional<Process> Procfs::process(pid_t pid) const {
  return read_process(fmt::format("{}/{}", root_, pid));
}

std::uint64_t Procfs::own_memory(pid_t pid) const {
  static const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const auto content = read_file(fmt::format("{}/{}/statm", root_, pid));
  const auto pages = split(content ? *content : std::string{}, " ");
  if (pages.size() < 3) return 0;
  const auto resident = parse_number<std::uint64_t>(pages[1]).value_or(0);
  const auto shared = parse_number<std::uint64_t>(pages[2]).value_or(0);
  return resident > shared ? (resident - shared) * page : 0;
}

Result<std::vector<std::string>> Procfs::command_line(pid_t pid) const {
  const auto content = read_file(fmt::format("{}/{}/cmdline", root_, pid));
  if (!content) return std::unexpected(content.error());
  return split(*content, std::string_view{"\0", 1});
}

std::optional<std::string> Procfs::variable(pid_t pid, std::string_view name) const {
  const auto content = read_file(fmt::format("{}/{}/environ", root_, pid));
  std::string_view rest = content ? std::string_view{*content} : std::string_view{};
  while (!rest.empty()) {
    const std::string_view entry = rest.substr(0, rest.find('\0'));
    if (entry.starts_with(name) && entry.substr(name.size()).starts_with('=')) {
      return std::string{entry.substr(name.size() + 1)};
    }
    rest.remove_prefix(std::min(entry.size() + 1, rest.size()));
  }
  return std::nullopt;
}

Result<std::string> Procfs::file(pid_t pid, std::string_view path) const {
  const std::string_view from = path.starts_with('/') ? "root" : "cwd/";
  return read_file(fmt::format("{}/{}/{}{}", root_, pid, from, path));
}

Result<std::string> Procfs::control_group(pid_t pid) const {
  auto content = read_file(fmt::format("{}/{}/cgroup", root_, pid));
  if (!content) return content;
  std::string group = "/";
  for (const std::string& line : split(*content, "\n")) {
    // systemd keeps its units in one of these; where both are there, the other one is empty.
    constexpr std::string_view named = ":name=systemd:";
    const std::size_t name = line.find(named);
    if (!line.starts_with("0::") && name == std::string::npos) continue;
    const std::size_t begin = line.starts_with("0::") ? 3 : name + named.size();
    if (line.size() - begin > group.size()) group = line.substr(begin);
  }
  return group;
}

Result<std::set<std::pair<dev_t, ino_t>>> Procfs::open_files() const {
  const auto all = processes();
  if (!all) return std::unexpected(all.error());
  std::set<std::pair<dev_t, ino_t>> files;
  for (const Process& process : *all) {
    std::error_code gone;  // or a zombie
    std::filesystem::directory_iterator entry{fmt::format("{}/{}/fd", root_, process.pid), gone};
    for (const std::filesystem::directory_iterator end; !gone && entry != end;
         entry.increment(gone)) {
      struct stat status{};
      if (::stat(entry->path().c_str(), &status) == 0) {
        files.emplace(status.st_dev, status.st_ino);
      }
    }
  }
  return files;
}

Result<Milliseconds> Procfs::uptime() const {
  const std::string path = root_ + "/uptime";
  const auto content = read_file(path);
  if (!content) return std::unexpected(content.error());
  const auto seconds =
      parse_number<double>(std::string_view{*content}.substr(0, content->find(' ')));
  if (!seconds) return fail(ErrorKind::io, fmt::format("{} holds no number", path));
  return std::chrono::duration_cast<Milliseconds>(std::chrono::duration<double>{*seconds});
}

Result<std::string> Procfs::boot_id() const {
  auto content = read_file(root_ + "/sys/kernel/random/boot_id");
  if (!content) return content;
  while (!content->empty() && content->back() == '\n') content->pop_back();
  return content;
}

}  // namespace lectio
