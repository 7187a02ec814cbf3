#include "site/disk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

namespace lectio {
namespace {

constexpr double mebibyte = 1024.0 * 1024.0;

// Of two mounts the one with the higher rank speaks; of equals the fuller one. What is
// known to be short comes before what could not be looked at.
int rank(Outcome outcome) {
  if (outcome == Outcome::critical) return 3;
  if (outcome == Outcome::warning) return 2;
  return outcome == Outcome::unknown ? 1 : 0;
}

struct Judged {
  Finding finding;
  double free_percent;
};

struct Codes {
  const char* enough;
  const char* low;
  const char* out;
};

Judged by_limits(double free_percent, const FreeLimits& limits, const Codes& codes) {
  if (free_percent < limits.critical) return {{Outcome::critical, codes.out, {}}, free_percent};
  if (free_percent < limits.warning) return {{Outcome::warning, codes.low, {}}, free_percent};
  return {{Outcome::good, codes.enough, {}}, free_percent};
}

// Down to a tenth: what is below a limit never reads as the limit.
double shown(double percent) { return std::floor(percent * 10) / 10; }

using Judge = std::function<Judged(const FilesystemUsage&)>;

Judged judge_mount(const Mount& mount, const Judge& judge) {
  if (mount.usage) {
    Judged judged = judge(*mount.usage);
    judged.finding.facts.set("path", mount.path).set("free_percent", shown(judged.free_percent));
    return judged;
  }
  Finding finding{Outcome::unknown, "disk_unreadable", {}};
  finding.facts.set("path", mount.path).set("error", mount.usage.error().message);
  return {std::move(finding), 0};
}

bool is_worse(const Judged& left, const Judged& right) {
  const int difference = rank(left.finding.outcome) - rank(right.finding.outcome);
  return difference != 0 ? difference > 0 : left.free_percent < right.free_percent;
}

Finding worst(const std::vector<Mount>& mounts, const Judge& judge) {
  std::vector<Judged> judged;
  judged.reserve(mounts.size());
  for (const Mount& mount : mounts) judged.push_back(judge_mount(mount, judge));
  if (judged.empty()) return {Outcome::unknown, "disk_unreadable", {}};
  Finding finding = std::ranges::min_element(judged, is_worse)->finding;
  for (std::size_t i = 0; mounts.size() > 1 && i < mounts.size(); ++i) {
    if (!mounts[i].usage) continue;
    finding.facts.set(fmt::format("free_percent:{}", mounts[i].path),
                      shown(judged[i].free_percent));
  }
  return finding;
}

}  // namespace

std::vector<std::string> one_of_each_filesystem(const std::vector<std::string>& paths) {
  std::vector<std::string> first;
  std::set<dev_t> devices;
  for (const std::string& path : paths) {
    const auto node = file_target(path);
    if (node && !*node) continue;
    // What cannot be looked at stays: its usage will say why.
    if (!node || devices.insert((*node)->device).second) first.push_back(path);
  }
  return first;
}

std::vector<Mount> look_at_mounts(const std::vector<std::string>& paths) {
  std::vector<Mount> mounts;
  mounts.reserve(paths.size());
  for (const std::string& path : paths) mounts.push_back({path, filesystem_usage(path)});
  return mounts;
}

Finding judge_disk(const std::vector<Mount>& mounts, const FreeLimits& limits) {
  return worst(mounts, [&](const FilesystemUsage& usage) {
    Judged judged =
        by_limits(usage.available_percent(), limits, {"disk_free", "disk_low", "disk_full"});
    if (usage.read_only) judged.finding = {Outcome::critical, "disk_read_only", {}};
    judged.finding.facts
        .set("free_mb",
             static_cast<std::int64_t>(static_cast<double>(usage.available_bytes) / mebibyte))
        .set("total_mb",
             static_cast<std::int64_t>(static_cast<double>(usage.total_bytes) / mebibyte));
    return judged;
  });
}

Finding judge_inodes(const std::vector<Mount>& mounts, const FreeLimits& limits) {
  return worst(mounts, [&](const FilesystemUsage& usage) {
    if (usage.total_inodes == 0) return Judged{{Outcome::good, "inodes_unlimited", {}}, 100};
    Judged judged = by_limits(usage.available_inode_percent(), limits,
                              {"inodes_free", "inodes_low", "inodes_exhausted"});
    judged.finding.facts.set("free_inodes", usage.available_inodes)
        .set("total_inodes", usage.total_inodes);
    return judged;
  });
}

}  // namespace lectio
