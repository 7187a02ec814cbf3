#include "deep_check/memory.hpp"

#include <unistd.h>

#include <filesystem>

#include "io/file.hpp"
#include "io/json_fields.hpp"

namespace lectio {

template <class Fields>
void describe(Fields& fields, LogPlace& place) {
  fields("inode", place.inode);
  fields("offset", place.offset);
  fields("head", place.head);
}

template <class Fields>
void describe(Fields& fields, MinuteOfRequests& minute) {
  fields("requests", minute.requests);
  fields("failed", minute.failed);
  fields("paths", minute.paths);
}

template <class Fields>
void describe(Fields& fields, MinuteOfErrors& minute) {
  fields("errors", minute.errors);
  fields("kinds", minute.kinds);
}

template <class Fields, class Minute>
void describe(Fields& fields, LogMemory<Minute>& memory) {
  fields("path", memory.path);
  fields("place", memory.place);
  fields("minutes", memory.minutes);
}

template <class Fields>
void describe(Fields& fields, WorkerMark& worker) {
  fields("pid", worker.pid);
  fields("started_ms", worker.started);
  fields("cpu_ms", worker.cpu);
}

template <class Fields>
void describe(Fields& fields, MachineMemory& machine) {
  fields("boot_id", machine.boot_id);
  fields("at_ms", machine.at);
  fields("oom_kills", machine.oom_kills);
  fields("restarts", machine.restarts);
  fields("workers", machine.workers);
}

template <class Fields>
void describe(Fields& fields, DeepMemory& memory) {
  int schema = 1;
  fields("schema", schema);
  fields("access", memory.access);
  fields("errors", memory.errors);
  fields("machine", memory.machine);
}

namespace {

constexpr std::size_t largest_memory = std::size_t{4} << 20U;  // bytes

std::string memory_path(const std::string& directory) { return directory + "/deep_check.json"; }

// Of the other place: nothing is there but what could not be kept in the first.
std::string newest_path(const BookPlaces& places) {
  std::error_code failed;
  const std::string other = memory_path(places.other);
  const bool is_there = !places.other.empty() && std::filesystem::exists(other, failed);
  return is_there ? other : memory_path(places.directory);
}

}  // namespace

Result<DeepMemory> load_memory(const BookPlaces& places, DryRun dry_run,
                               std::vector<std::string>& notes) {
  const std::string path = newest_path(places);
  const auto text = read_file_if_any(path, largest_memory);
  if (!text) return std::unexpected(text.error());
  if (!*text) return DeepMemory{};
  auto memory = parse_json_fields<DeepMemory>(**text);
  if (memory) return memory;
  if (dry_run == DryRun::on) {
    notes.push_back(path + ": " + memory.error().message);
    return DeepMemory{};
  }
  const auto moved = set_aside(path);
  notes.push_back(moved ? *moved : moved.error().message);
  return DeepMemory{};
}

Result<void> save_memory(const BookPlaces& places, const DeepMemory& memory) {
  auto saved = make_directory(places.directory);
  if (saved)
    saved = write_file_atomically(memory_path(places.directory), to_json_fields(memory), 0600);
  if (places.other.empty()) return saved;
  if (saved) {
    ::unlink(memory_path(places.other).c_str());
    return {};
  }
  if (auto made = make_directory(places.other); !made) return saved;
  return write_file_atomically(memory_path(places.other), to_json_fields(memory), 0600);
}

}  // namespace lectio
