#include "tool/monitor_metrics.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tool/deploy_now.hpp"

namespace lectio {
namespace {

constexpr Metric incidents_open{"lectio_incidents_open", "Incidents that are told and not over."};
constexpr Metric problems_kept{"lectio_problems",
                               "Checks that are not well as the monitor follows them, told or "
                               "not yet."};
constexpr Metric suppressed{"lectio_suppressed", "1: why no messages leave just now."};
constexpr Metric outbox_waiting{"lectio_outbox_waiting", "Messages that wait to be sent."};
constexpr Metric outbox_dead{"lectio_outbox_dead", "Messages that were refused and are kept."};
constexpr Metric deploy_in_progress{"lectio_deploy_in_progress", "1: a deploy goes on."};

constexpr std::array followed_statuses{Status::warning, Status::critical, Status::unknown};

void add_book(Metrics& metrics, const Book& book) {
  metrics.add(incidents_open, {},
              static_cast<double>(std::ranges::count_if(
                  book.incidents, [](const Incident& incident) { return !incident.ended; })));
  for (const Status status : followed_statuses) {
    const auto count = std::ranges::count_if(book.problems, [&](const Problem& problem) {
      return problem.status == status && !problem.ended;
    });
    metrics.add(problems_kept, {{"status", std::string{to_string(status)}}},
                static_cast<double>(count));
  }
}

// By the rules of the alerts, also where somebody else tells (ALERTS=off).
std::string reason_of_silence(const Config& config, Clock& clock, BootTime started,
                              std::optional<Book> kept) {
  std::vector<std::string> noted_before;
  const Instant at = instant_now(clock);
  if (!kept) {
    kept = read_book(book_places(config), at).value_or(begin_book(at.wall));
  }
  const Book& book = *kept;
  const Now now = now_of(book, at.wall, at.boot, at.boot_id);
  RunSeen run;
  run.started = now.tick - std::chrono::duration_cast<Milliseconds>(at.boot - started);
  const auto held = suppression_of(book, {}, run, look_around(config, clock, started, noted_before),
                                   now, policy_settings(config));
  return held ? held->reason : std::string{};
}

}  // namespace

void add_monitor(Metrics& metrics, const Config& config, Clock& clock, BootTime started,
                 const Alerting& alerting) {
  const auto kept = alerting.kept();
  if (kept) {
    add_book(metrics, kept->book);
    metrics.add(outbox_waiting, {}, kept->waiting);
    metrics.add(outbox_dead, {}, kept->dead);
  }
  const std::string reason = reason_of_silence(
      config, clock, started, kept.transform([](const KeptAlerts& alerts) { return alerts.book; }));
  for (const std::string_view one : {"deploy", "mute", "boot"}) {
    metrics.add(suppressed, {{"reason", std::string{one}}}, one == reason ? 1 : 0);
  }
  const auto deploy = deploy_under_way(config, clock);
  metrics.add(deploy_in_progress, {}, deploy && deploy->has_value() ? 1 : 0);
}

}  // namespace lectio
