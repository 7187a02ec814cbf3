#include "alert/outbox.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <system_error>

#include "io/file.hpp"
#include "io/json_fields.hpp"

namespace lectio {

template <>
struct EnumName<NoticeKind> : NamedInOrder<NoticeKind> {
  static constexpr std::array names{"open", "edit", "reply", "close", "single"};
};

template <>
struct EnumName<Tier> : NamedInOrder<Tier> {
  static constexpr std::array names{"critical", "warning", "info"};
};

namespace {

constexpr std::size_t most_dead = 100;
constexpr std::string_view extension = ".json";

// What a file holds: a notice, and of a buried one why.
struct NoticeFile {
  int schema = 1;
  Notice notice;
  std::string reason;
};

std::string path_of(const std::string& directory, std::uint64_t sequence) {
  return fmt::format("{}/{:010}{}", directory, sequence, extension);
}

std::string graves(const std::string& directory) { return directory + "/dead"; }

// In ascending order; what is named otherwise is not a notice.
Result<std::vector<std::uint64_t>> sequences(const std::string& directory) {
  std::error_code failed;
  std::filesystem::directory_iterator entries{directory, failed};
  if (failed == std::errc::no_such_file_or_directory) return std::vector<std::uint64_t>{};
  std::vector<std::uint64_t> found;
  for (; !failed && entries != std::filesystem::directory_iterator{}; entries.increment(failed)) {
    const std::string name = entries->path().filename().string();
    if (!name.ends_with(extension)) continue;
    const char* const end = name.data() + name.size() - extension.size();
    std::uint64_t number = 0;
    const auto read = std::from_chars(name.data(), end, number);
    if (read.ec == std::errc{} && read.ptr == end) found.push_back(number);
  }
  if (failed) {
    return fail(ErrorKind::io, fmt::format("cannot read {}: {}", directory, failed.message()));
  }
  std::ranges::sort(found);
  return found;
}

Result<void> unlink(const std::string& path) {
  std::error_code failed;
  std::filesystem::remove(path, failed);
  if (failed) {
    return fail(ErrorKind::io, fmt::format("cannot remove {}: {}", path, failed.message()));
  }
  return {};
}

}  // namespace

template <class Fields>
void describe(Fields& fields, NoticeFile& letter) {
  Notice& notice = letter.notice;
  fields("schema", letter.schema);
  fields("sequence", notice.sequence);
  fields("incident", notice.incident);
  fields("kind", notice.kind);
  fields("tier", notice.tier);
  fields("loud", notice.loud);
  fields("created_ms", notice.created);
  fields("live", notice.live);
  fields("message", notice.message);
  fields("whole", notice.whole);
  fields("reason", letter.reason);
}

namespace {

// Empty: it is no letter of that number.
std::optional<NoticeFile> read_letter(std::string_view json, std::uint64_t sequence) {
  auto letter = parse_json_fields<NoticeFile>(json);
  if (!letter || letter->schema != 1 || letter->notice.sequence != sequence) return std::nullopt;
  return std::move(*letter);
}

Result<void> write_letter(const std::string& path, const NoticeFile& letter) {
  return write_file_atomically(path, to_json_fields(letter) + "\n", 0600);
}

}  // namespace

Result<void> Outbox::put(const Notice& notice) const {
  if (auto made = make_directory(directory_); !made) return made;
  return write_letter(path_of(directory_, notice.sequence), {.notice = notice, .reason = {}});
}

Result<std::vector<std::uint64_t>> Outbox::numbers() const { return sequences(directory_); }

Result<std::vector<std::uint64_t>> Outbox::dead_numbers() const {
  return sequences(graves(directory_));
}

Result<std::vector<Notice>> Outbox::waiting(std::uint64_t committed,
                                            std::vector<std::string>& notes,
                                            const std::vector<Notice>& known) const {
  const auto all = numbers();
  if (!all) return std::unexpected(all.error());
  std::vector<Notice> notices;
  for (const std::uint64_t number : *all) {
    if (number > committed) break;
    const auto same = std::ranges::lower_bound(known, number, {}, &Notice::sequence);
    if (same != known.end() && same->sequence == number) {
      notices.push_back(*same);
      continue;
    }
    const std::string path = path_of(directory_, number);
    const auto text = read_file_if_any(path);
    if (!text) {
      notes.push_back(text.error().message);
    } else if (!*text) {
      continue;  // delivered by somebody else since we looked
    } else if (auto letter = read_letter(**text, number)) {
      notices.push_back(std::move(letter->notice));
    } else {
      const auto moved = set_aside(path);
      notes.push_back(moved ? *moved : moved.error().message);
    }
  }
  return notices;
}

Result<void> Outbox::remove(std::uint64_t sequence) const {
  return unlink(path_of(directory_, sequence));
}

Result<void> Outbox::bury(const Notice& notice, const std::string& reason) const {
  const std::string directory = graves(directory_);
  if (auto made = make_directory(directory); !made) return made;
  const auto written =
      write_letter(path_of(directory, notice.sequence), {.notice = notice, .reason = reason});
  if (!written) return written;
  if (auto removed = remove(notice.sequence); !removed) return removed;
  const auto numbers = dead_numbers();
  if (!numbers) return std::unexpected(numbers.error());
  for (std::size_t i = 0; i + most_dead < numbers->size(); ++i) {
    if (auto removed = unlink(path_of(directory, (*numbers)[i])); !removed) return removed;
  }
  return {};
}

Result<std::vector<Outbox::Dead>> Outbox::dead() const {
  const std::string directory = graves(directory_);
  const auto numbers = dead_numbers();
  if (!numbers) return std::unexpected(numbers.error());
  std::vector<Dead> found;
  for (const std::uint64_t number : *numbers) {
    const auto text = read_file_if_any(path_of(directory, number));
    if (!text) return std::unexpected(text.error());
    if (!*text) continue;
    if (auto letter = read_letter(**text, number))
      found.push_back({std::move(letter->notice), std::move(letter->reason)});
  }
  return found;
}

Result<int> Outbox::revive() const {
  const auto buried = dead();
  if (!buried) return std::unexpected(buried.error());
  for (const Dead& letter : *buried) {
    if (auto owed = put(letter.notice); !owed) return std::unexpected(owed.error());
    const std::string path = path_of(graves(directory_), letter.notice.sequence);
    if (auto removed = unlink(path); !removed) return std::unexpected(removed.error());
  }
  return static_cast<int>(buried->size());
}

}  // namespace lectio
