#include "alert/outbox.hpp"

#include <fmt/format.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <optional>
#include <system_error>

#include "io/file.hpp"
#include "io/json.hpp"

namespace lectio {
namespace {

constexpr std::size_t most_dead = 100;
constexpr std::string_view extension = ".json";

constexpr std::array kinds{std::pair{NoticeKind::open, "open"}, std::pair{NoticeKind::edit, "edit"},
                           std::pair{NoticeKind::reply, "reply"},
                           std::pair{NoticeKind::close, "close"},
                           std::pair{NoticeKind::single, "single"}};
constexpr std::array tiers{std::pair{Tier::critical, "critical"},
                           std::pair{Tier::warning, "warning"}, std::pair{Tier::info, "info"}};

template <class Names, class Value>
const char* name_of(const Names& names, Value value) {
  return std::ranges::find(names, value, &Names::value_type::first)->second;
}

template <class Names>
auto value_of(const Names& names, std::string_view name) {
  const auto found = std::ranges::find(names, name, &Names::value_type::second);
  return found == names.end() ? std::nullopt : std::optional{found->first};
}

std::string to_json(const Notice& notice, const std::string* reason) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer writer{buffer};
  const auto text = [&](const char* name, const std::string& value) {
    if (value.empty()) return;
    writer.Key(name);
    writer.String(value);
  };
  writer.StartObject();
  writer.Key("schema");
  writer.Int(1);
  writer.Key("sequence");
  writer.Uint64(notice.sequence);
  writer.Key("incident");
  writer.Uint64(notice.incident);
  text("kind", name_of(kinds, notice.kind));
  text("tier", name_of(tiers, notice.tier));
  writer.Key("loud");
  writer.Bool(notice.loud);
  writer.Key("created_ms");
  writer.Int64(std::chrono::floor<Milliseconds>(notice.created.time_since_epoch()).count());
  text("live", notice.live);
  text("message", notice.message);
  text("whole", notice.whole);
  if (reason != nullptr) text("reason", *reason);
  writer.EndObject();
  return std::string{buffer.GetString(), buffer.GetSize()} + "\n";
}

const JsonValue* member(const JsonValue& object, const char* name) {
  const auto found = object.FindMember(name);
  return found == object.MemberEnd() ? nullptr : &found->value;
}

// Empty when there is none; nothing when it is no text.
std::optional<std::string> text_of(const JsonValue& object, const char* name) {
  const JsonValue* const value = member(object, name);
  if (value == nullptr) return "";
  if (!value->IsString()) return std::nullopt;
  return std::string{as_text(*value)};
}

std::optional<Outbox::Dead> parse(std::string_view json, std::uint64_t sequence) {
  constexpr std::int64_t latest = 100'000'000'000'000;
  const auto document = parse_json(json);
  if (!document || !document->IsObject()) return std::nullopt;
  const JsonValue* const number = member(*document, "sequence");
  const JsonValue* const incident = member(*document, "incident");
  const JsonValue* const loud = member(*document, "loud");
  const JsonValue* const created = member(*document, "created_ms");
  const auto kind = value_of(kinds, text_of(*document, "kind").value_or(""));
  const auto tier = value_of(tiers, text_of(*document, "tier").value_or(""));
  auto live = text_of(*document, "live");
  auto message = text_of(*document, "message");
  auto whole = text_of(*document, "whole");
  auto reason = text_of(*document, "reason");
  if (number == nullptr || !number->IsUint64() || number->GetUint64() != sequence ||
      incident == nullptr || !incident->IsUint64() || loud == nullptr || !loud->IsBool() ||
      created == nullptr || !created->IsInt64() || created->GetInt64() < 0 ||
      created->GetInt64() > latest || !kind || !tier || !live || !message || !whole || !reason) {
    return std::nullopt;
  }
  return Outbox::Dead{.notice = {.sequence = sequence,
                                 .incident = incident->GetUint64(),
                                 .kind = *kind,
                                 .tier = *tier,
                                 .loud = loud->GetBool(),
                                 .created = WallTime{Milliseconds{created->GetInt64()}},
                                 .live = std::move(*live),
                                 .message = std::move(*message),
                                 .whole = std::move(*whole)},
                      .reason = std::move(*reason)};
}

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

Result<void> Outbox::put(const Notice& notice) const {
  if (auto made = make_directory(directory_); !made) return made;
  return write_file_atomically(path_of(directory_, notice.sequence), to_json(notice, nullptr),
                               0600);
}

Result<std::vector<Notice>> Outbox::waiting(std::uint64_t committed,
                                            std::vector<std::string>& notes) const {
  const auto numbers = sequences(directory_);
  if (!numbers) return std::unexpected(numbers.error());
  std::vector<Notice> notices;
  for (const std::uint64_t number : *numbers) {
    if (number > committed) break;
    const std::string path = path_of(directory_, number);
    const auto text = read_file_if_any(path);
    if (!text) {
      notes.push_back(text.error().message);
    } else if (!*text) {
      continue;  // delivered by somebody else since we looked
    } else if (auto parsed = parse(**text, number)) {
      notices.push_back(std::move(parsed->notice));
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
      write_file_atomically(path_of(directory, notice.sequence), to_json(notice, &reason), 0600);
  if (!written) return written;
  if (auto removed = remove(notice.sequence); !removed) return removed;
  const auto numbers = sequences(directory);
  if (!numbers) return std::unexpected(numbers.error());
  for (std::size_t i = 0; i + most_dead < numbers->size(); ++i) {
    if (auto removed = unlink(path_of(directory, (*numbers)[i])); !removed) return removed;
  }
  return {};
}

Result<std::vector<Outbox::Dead>> Outbox::dead() const {
  const std::string directory = graves(directory_);
  const auto numbers = sequences(directory);
  if (!numbers) return std::unexpected(numbers.error());
  std::vector<Dead> found;
  for (const std::uint64_t number : *numbers) {
    const auto text = read_file_if_any(path_of(directory, number));
    if (!text) return std::unexpected(text.error());
    if (!*text) continue;
    if (auto parsed = parse(**text, number)) found.push_back(std::move(*parsed));
  }
  return found;
}

}  // namespace lectio
