// What an HTTP answer means for the step that asked.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "check/finding.hpp"
#include "check/redactor.hpp"
#include "check/scenario_step.hpp"
#include "check/template.hpp"
#include "io/http.hpp"

namespace lectio {

struct Question {
  const Step& step;
  const std::vector<Cause>& causes;  // further ones, after the step's own
  const HttpRequest& request;
  const VariableLookup& variable;
  const Redactor& redactor;
  WallTime now;
};

struct Assessment {
  Finding finding;
  std::map<std::string, std::string> captured;
};

// Assets of the page are not looked at here.
Assessment assess(const Question& question, const HttpResponse& response);

}  // namespace lectio
