#include "base/severity.hpp"

#include <array>
#include <utility>

namespace lectio {
namespace {

constexpr std::array severities{
    std::pair{Severity::critical, std::string_view{"critical"}},
    std::pair{Severity::high, std::string_view{"high"}},
    std::pair{Severity::medium, std::string_view{"medium"}},
    std::pair{Severity::low, std::string_view{"low"}},
};

constexpr std::array status_names{
    std::pair{Status::ok, std::string_view{"ok"}},
    std::pair{Status::warning, std::string_view{"warning"}},
    std::pair{Status::critical, std::string_view{"critical"}},
    std::pair{Status::unknown, std::string_view{"unknown"}},
    std::pair{Status::skipped, std::string_view{"skipped"}},
};

template <class Table, class Value>
std::string_view name_in(const Table& table, Value value) {
  for (const auto& [candidate, name] : table) {
    if (candidate == value) return name;
  }
  return "?";
}

template <class Value, class Table>
std::optional<Value> value_in(const Table& table, std::string_view text) {
  for (const auto& [value, name] : table) {
    if (name == text) return value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(Severity severity) { return name_in(severities, severity); }
std::string_view to_string(Status status) { return name_in(status_names, status); }

std::optional<Severity> parse_severity(std::string_view text) {
  return value_in<Severity>(severities, text);
}

std::optional<Status> parse_status(std::string_view text) {
  return value_in<Status>(status_names, text);
}

Status worst(Status run, Status verdict) {
  if (verdict == Status::critical || run == Status::critical) return Status::critical;
  if (verdict == Status::warning || verdict == Status::unknown) return Status::warning;
  return run;
}

int exit_code(Status run) {
  switch (run) {
    case Status::ok:
    case Status::skipped:
      return 0;
    case Status::warning:
      return 1;
    case Status::critical:
      return 2;
    case Status::unknown:
      return 3;
  }
  return 3;
}

}  // namespace lectio
