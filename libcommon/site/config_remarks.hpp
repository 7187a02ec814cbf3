// What there is to remark on config.env, as a check.
#pragma once

#include "check/finding.hpp"
#include "site/config.hpp"

namespace lectio {

// `config`.
CheckInfo config_check();

// Codes: config_well; config_doubtful (facts `count`, `first`).
Finding judge_config(const Config& config);

}  // namespace lectio
