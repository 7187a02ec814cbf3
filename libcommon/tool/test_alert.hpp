// `alerts test`, and `health_check --test-alert`: a real message, and the proof that it arrived.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/text.hpp"
#include "io/http.hpp"
#include "site/config.hpp"
#include "tool/run_tool.hpp"

namespace lectio {

// Past the outbox, so that the answer is Telegram's own. Exit code 0 when it was taken, 2 when
// not; what happened goes to stdout. A dry run only says what would be sent and where: 2 when there
// is no way.
Result<int> send_test_alert(const Config& config, Format format, DryRun dry_run, Lang lang,
                            Http& http, const Deadline& deadline);

}  // namespace lectio
