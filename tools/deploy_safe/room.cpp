#include "deploy_safe/room.hpp"

#include "io/filesystem.hpp"

namespace lectio {
namespace {

constexpr std::uint64_t spare_bytes = std::uint64_t{64} << 20U;
constexpr std::uint64_t block = 4096;  // what the smallest file takes

}  // namespace

Result<void> judge_room(const Stage& stage, const std::string& directory, const TreeSize& size) {
  const auto refuse = [&](std::string_view key, const Facts& facts) {
    return fail(ErrorKind::io, stage.progress.phrase(key, Facts{facts}.set("place", directory)));
  };
  const auto room = filesystem_usage(directory);
  if (!room) return std::unexpected(room.error());
  if (room->read_only) return refuse("deploy_read_only", {});
  const std::uint64_t wanted = size.bytes + size.entries * block + spare_bytes;
  if (room->available_bytes < wanted) {
    return refuse(
        "deploy_no_room",
        Facts{}.set("wanted_mb", wanted >> 20U).set("free_mb", room->available_bytes >> 20U));
  }
  if (room->total_inodes > 0 && room->available_inodes < size.entries * 2) {
    return refuse("deploy_no_inodes", Facts{}.set("free", room->available_inodes));
  }
  return {};
}

}  // namespace lectio
