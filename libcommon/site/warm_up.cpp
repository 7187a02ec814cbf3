#include "site/warm_up.hpp"

#include <algorithm>

#include "site/site_request.hpp"
#include "site/workers.hpp"

namespace lectio {
namespace {

constexpr Milliseconds between_warm_ups{200};

}  // namespace

void warm_up(const Config& config, const HealthDoors& doors) {
  const HttpRequest request = internal_backend_request(config, "/api/health/");
  const std::string& unit = config.text("BACKEND_SERVICE");
  bool answered = false;
  while (!answered && !doors.deadline.passed()) {
    answered = true;
    const std::size_t workers = living_workers(unit, doors.systemd, doors.procfs).size();
    for (std::size_t worker = std::max<std::size_t>(workers, 1); worker > 0; --worker) {
      doors.http.start(request, [&answered](const HttpResponse& response) {
        answered = answered && response.error == HttpError::none;
      });
    }
    doors.http.run(doors.deadline);
    if (!answered) doors.clock.sleep(between_warm_ups);
  }
}

}  // namespace lectio
