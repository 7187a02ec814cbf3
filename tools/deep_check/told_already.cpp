#include "deep_check/told_already.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "alert/book_file.hpp"
#include "alert/book_keeping.hpp"
#include "tool/alerting.hpp"

namespace lectio {
namespace {

// For which every request fails. Not the database: a full table is no reason.
bool is_outage(std::string_view cause, Status status) {
  constexpr std::array<std::string_view, 6> causes{
      "backend_service", "workers", "backend", "public_page", "nginx_service", "api_health"};
  return status == Status::critical && std::ranges::find(causes, cause) != causes.end();
}

}  // namespace

std::vector<Span> told_already(const Config& config, Clock& clock) {
  std::vector<Span> spans;
  const Instant at = instant_now(clock);
  if (const auto book = read_book(book_places(config), at)) {
    const Now now = now_of(*book, at.wall, at.boot, at.boot_id);
    const auto wall = [&](Tick tick) { return now.wall - (now.tick - tick); };
    for (const Incident& incident : book->incidents) {
      if (!is_outage(incident.cause_id, incident.status)) continue;
      spans.push_back({wall(incident.opened), wall(incident.ended.value_or(now.tick))});
    }
    const MarkerMemory& deploy = book->marker;
    if (deploy.active) {
      spans.push_back({wall(deploy.first), now.wall});
    } else if (deploy.ended) {
      spans.push_back({wall(deploy.first), wall(*deploy.ended)});
    }
  }
  for (const PastIncident& past :
       read_history(config.text("STATE_DIR")).value_or(std::vector<PastIncident>{})) {
    if (is_outage(past.cause_id, past.status)) spans.push_back({past.opened, past.ended});
  }
  return spans;
}

}  // namespace lectio
