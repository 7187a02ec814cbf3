// From a step to the request that is sent.
#pragma once

#include <string>
#include <vector>

#include "check/scenario.hpp"
#include "check/template.hpp"

namespace lectio {

struct PreparedRequest {
  HttpRequest request;
  std::vector<std::string> missing;  // variables and bases that are not configured
};

// `token` is sent as a Bearer when it is not empty.
PreparedRequest prepare_request(const Step& step, const ScenarioSettings& settings,
                                const VariableLookup& variable, const std::string& token,
                                Milliseconds time_left);

// For what a page names: the page's way and limits, nothing of its method, login or body.
HttpRequest asset_request(const HttpRequest& page, const Base& base, const std::string& url,
                          Milliseconds time_left);

}  // namespace lectio
