// The line that goes with a ping: what the server's page shows beside it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "check/finding.hpp"
#include "site/tools_fresh.hpp"

namespace lectio {

// "lectio-1: site ok 12ms; health_check ok 34s, smoke_check warning 4m"
std::string success_line(const std::string& host, const Finding& site,
                         const std::vector<StampAge>& ages);

// "lectio-1: site_health: http_status 502; tools_fresh: tools_late health_check 5m"
std::string failure_line(const std::string& host, std::span<const Verdict> verdicts);

}  // namespace lectio
