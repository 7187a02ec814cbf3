#include "deep_check/memory.hpp"

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

std::string memory_path(const std::string& state_dir) { return state_dir + "/deep_check.json"; }

}  // namespace

Result<DeepMemory> load_memory(const std::string& state_dir, DryRun dry_run,
                               std::vector<std::string>& notes) {
  const auto text = read_file_if_any(memory_path(state_dir), largest_memory);
  if (!text) return std::unexpected(text.error());
  if (!*text) return DeepMemory{};
  auto memory = parse_json_fields<DeepMemory>(**text);
  if (memory) return memory;
  if (dry_run == DryRun::on) {
    notes.push_back(memory_path(state_dir) + ": " + memory.error().message);
    return DeepMemory{};
  }
  const auto moved = set_aside(memory_path(state_dir));
  notes.push_back(moved ? *moved : moved.error().message);
  return DeepMemory{};
}

Result<void> save_memory(const std::string& state_dir, const DeepMemory& memory) {
  if (auto made = make_directory(state_dir); !made) return made;
  return write_file_atomically(memory_path(state_dir), to_json_fields(memory), 0600);
}

}  // namespace lectio
