#include "site/run_stamp.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "io/file.hpp"
#include "io/json_fields.hpp"

namespace lectio {
namespace {

// As it is read: what the file does not say stays what no run writes.
struct StampFile {
  StampFile() {
    stamp.status = Status::skipped;
    stamp.period = Milliseconds{-1};
  }
  explicit StampFile(RunStamp written) : stamp(std::move(written)) {}

  RunStamp stamp;
};

}  // namespace

template <class Fields>
void describe(Fields& fields, StampFile& file) {
  RunStamp& stamp = file.stamp;
  int schema = 1;
  fields("schema", schema);
  fields("tool", stamp.tool);
  fields("status", stamp.status);
  fields("started_ms", stamp.started);
  fields("ended_ms", stamp.ended);
  fields("last_ok_ms", stamp.last_ok);
  fields("period_ms", stamp.period);
  fields("boot_id", stamp.boot_id);
  fields("uptime_ms", stamp.uptime);
}

namespace {

std::string runs_directory(const std::string& state_dir) { return state_dir + "/runs"; }

std::optional<RunStamp> parse_stamp(std::string_view text, std::string_view tool) {
  auto file = parse_json_fields<StampFile>(text);
  if (!file) return std::nullopt;
  RunStamp& stamp = file->stamp;
  const bool whole = stamp.tool == tool && stamp.status != Status::skipped &&
                     stamp.started != WallTime{} && stamp.ended != WallTime{} &&
                     stamp.period >= Milliseconds{0};
  return whole ? std::optional{std::move(stamp)} : std::nullopt;
}

}  // namespace

Milliseconds age_of(const RunStamp& stamp, std::string_view boot_id, Clock& clock) {
  const bool same_boot = !stamp.boot_id.empty() && stamp.boot_id == boot_id;
  const auto age = same_boot ? std::chrono::duration_cast<Milliseconds>(clock.boot()) - stamp.uptime
                             : std::chrono::duration_cast<Milliseconds>(clock.wall() - stamp.ended);
  return std::max(age, Milliseconds{0});
}

bool is_late(const RunStamp& stamp, Milliseconds age, Clock& clock) {
  constexpr int periods_until_late = 3;
  const auto uptime = std::chrono::duration_cast<Milliseconds>(clock.boot());
  return stamp.period.count() > 0 && std::min(age, uptime) > periods_until_late * stamp.period;
}

Result<RunStamp> write_run_stamp(const std::string& state_dir, RunStamp stamp) {
  const std::string directory = runs_directory(state_dir);
  if (auto made = make_directory(directory); !made) return std::unexpected(made.error());
  const std::string path = fmt::format("{}/{}.json", directory, stamp.tool);
  if (stamp.status == Status::ok) {
    stamp.last_ok = stamp.ended;
  } else if (const auto old = read_file_if_any(path); old && *old) {
    if (const auto before = parse_stamp(**old, stamp.tool)) stamp.last_ok = before->last_ok;
  }
  const auto written = write_file_atomically(path, to_json_fields(StampFile{stamp}) + "\n", 0600);
  if (!written) return std::unexpected(written.error());
  return stamp;
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
