#include "tool/deploy_now.hpp"

#include <string>
#include <vector>

#include "alert/suppression.hpp"
#include "tool/alerting.hpp"

namespace lectio {
namespace {

Result<std::optional<DeployMarker>> marked_deploy(const Config& config, Clock& clock) {
  return active_deploy(config.text("RUN_DIR"), config.seconds("DEPLOY_GRACE_PERIOD"), clock);
}

std::optional<Milliseconds> spent_by(const DeployMarker& deploy, const Config& config,
                                     Clock& clock) {
  if (deploy.alive) return std::nullopt;
  std::vector<std::string> noted_elsewhere;
  const Instant at = instant_now(clock);
  const auto book = read_book(book_places(config), at);
  if (!book) return std::nullopt;
  const Now now = now_of(*book, at.wall, at.boot, at.boot_id);
  MarkerMemory memory = book->marker;
  follow_marker(memory, look_around(config, clock, at.boot, noted_elsewhere), now,
                config.seconds("DEPLOY_GRACE_PERIOD"));
  if (memory.active) return std::nullopt;
  return now.tick - memory.first;
}

}  // namespace

std::optional<Milliseconds> spent_marker(const Config& config, Clock& clock) {
  const auto deploy = marked_deploy(config, clock);
  return deploy && *deploy ? spent_by(**deploy, config, clock) : std::nullopt;
}

Result<std::optional<DeployMarker>> deploy_under_way(const Config& config, Clock& clock) {
  auto deploy = marked_deploy(config, clock);
  if (deploy && *deploy && spent_by(**deploy, config, clock)) return std::nullopt;
  return deploy;
}

}  // namespace lectio
