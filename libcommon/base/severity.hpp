// How much a check matters (Severity) and what it says in one run (Status).
#pragma once

#include <optional>
#include <string_view>

namespace lectio {

enum class Severity { critical, high, medium, low };  // most important first

enum class Status { ok, warning, critical, unknown, skipped };

std::string_view to_string(Severity severity);
std::string_view to_string(Status status);
std::optional<Severity> parse_severity(std::string_view text);
std::optional<Status> parse_status(std::string_view text);

// The status of a whole run after one more verdict: `unknown` counts as a
// warning, `skipped` as nothing (what it needed has its own verdict).
Status worst(Status run, Status verdict);

// The monitoring convention: 0 ok, 1 warning, 2 critical, 3 unknown.
int exit_code(Status run);

}  // namespace lectio
