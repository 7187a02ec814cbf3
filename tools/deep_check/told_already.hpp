// Deploys and outages that people know of: what was refused meanwhile is no news.
#pragma once

#include <vector>

#include "base/clock.hpp"
#include "deep_check/nginx_log.hpp"
#include "site/config.hpp"

namespace lectio {

// Of the last deploy, and of every critical incident for which requests fail.
std::vector<Span> told_already(const Config& config, Clock& clock);

}  // namespace lectio
