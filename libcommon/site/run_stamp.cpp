#include "site/run_stamp.hpp"

#include <fmt/format.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "io/file.hpp"
#include "io/json.hpp"

namespace lectio {
namespace {

std::string runs_directory(const std::string& state_dir) { return state_dir + "/runs"; }

std::int64_t to_ms(WallTime time) {
  return std::chrono::floor<Milliseconds>(time.time_since_epoch()).count();
}

WallTime from_ms(std::int64_t ms) { return WallTime{Milliseconds{ms}}; }

std::string to_json(const RunStamp& stamp) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer writer{buffer};
  const auto put = [&](const char* name, std::int64_t value) {
    writer.Key(name);
    writer.Int64(value);
  };
  writer.StartObject();
  put("schema", 1);
  writer.Key("tool");
  writer.String(stamp.tool);
  writer.Key("status");
  writer.String(std::string{to_string(stamp.status)});
  put("started_ms", to_ms(stamp.started));
  put("ended_ms", to_ms(stamp.ended));
  if (stamp.last_ok) put("last_ok_ms", to_ms(*stamp.last_ok));
  put("period_ms", stamp.period.count());
  writer.EndObject();
  return std::string{buffer.GetString(), buffer.GetSize()} + "\n";
}

// A time or duration beyond any we write is damage, and would overflow a WallTime.
std::optional<std::int64_t> ms_of(const JsonValue& object, const char* name) {
  constexpr std::int64_t most = 100'000'000'000'000;
  const auto found = object.FindMember(name);
  if (found == object.MemberEnd() || !found->value.IsInt64()) return std::nullopt;
  const std::int64_t ms = found->value.GetInt64();
  if (ms < 0 || ms > most) return std::nullopt;
  return ms;
}

std::optional<std::string_view> text_of(const JsonValue& object, const char* name) {
  const auto found = object.FindMember(name);
  if (found == object.MemberEnd() || !found->value.IsString()) return std::nullopt;
  return as_text(found->value);
}

std::optional<RunStamp> parse_stamp(std::string_view text, std::string_view tool) {
  const auto json = parse_json(text);
  if (!json || !json->IsObject() || text_of(*json, "tool") != tool) return std::nullopt;
  const auto started = ms_of(*json, "started_ms");
  const auto ended = ms_of(*json, "ended_ms");
  const auto period = ms_of(*json, "period_ms");
  const auto status = parse_status(text_of(*json, "status").value_or(""));
  if (!started || !ended || !period || !status) return std::nullopt;
  RunStamp stamp{.tool = std::string{tool},
                 .started = from_ms(*started),
                 .ended = from_ms(*ended),
                 .status = *status,
                 .last_ok = std::nullopt,
                 .period = Milliseconds{*period}};
  if (const auto last_ok = ms_of(*json, "last_ok_ms")) stamp.last_ok = from_ms(*last_ok);
  return stamp;
}

}  // namespace

Result<void> write_run_stamp(const std::string& state_dir, RunStamp stamp) {
  const std::string directory = runs_directory(state_dir);
  if (auto made = make_directory(directory); !made) return made;
  const std::string path = fmt::format("{}/{}.json", directory, stamp.tool);
  if (stamp.status == Status::ok) {
    stamp.last_ok = stamp.ended;
  } else if (const auto old = read_file_if_any(path); old && *old) {
    if (const auto before = parse_stamp(**old, stamp.tool)) stamp.last_ok = before->last_ok;
  }
  return write_file_atomically(path, to_json(stamp), 0600);
}

Result<std::vector<RunStamp>> read_run_stamps(const std::string& state_dir,
                                              std::vector<std::string>& notes) {
  const std::string directory = runs_directory(state_dir);
  std::error_code failed;
  std::filesystem::directory_iterator entries{directory, failed};
  if (failed == std::errc::no_such_file_or_directory) return std::vector<RunStamp>{};
  std::vector<RunStamp> stamps;
  for (; !failed && entries != std::filesystem::directory_iterator{}; entries.increment(failed)) {
    const std::filesystem::path& path = entries->path();
    if (path.extension() != ".json") continue;
    const auto text = read_file_if_any(path.string());
    if (!text) return std::unexpected(text.error());
    if (!*text) continue;
    if (auto stamp = parse_stamp(**text, path.stem().string())) {
      stamps.push_back(std::move(*stamp));
    } else {
      const auto moved = set_aside(path.string());
      notes.push_back(moved ? *moved : moved.error().message);
    }
  }
  if (failed) {
    return fail(ErrorKind::io, fmt::format("cannot read {}: {}", directory, failed.message()));
  }
  std::ranges::sort(stamps, {}, &RunStamp::tool);
  return stamps;
}

}  // namespace lectio
