#include "heartbeat/summary.hpp"

#include <fmt/format.h>

namespace lectio {
namespace {

std::string fact(const Facts& facts, std::string_view name) {
  const FactValue* value = facts.find(name);
  return value == nullptr ? std::string{} : to_text(*value);
}

}  // namespace

std::string success_line(const std::string& host, const Finding& site,
                         const std::vector<StampAge>& ages) {
  std::string line = fmt::format("{}: site ok {}ms", host, fact(site.facts, "ms"));
  const char* separator = "; ";
  for (const StampAge& stamp : ages) {
    line += fmt::format("{}{} {} {}", separator, stamp.tool, to_string(stamp.status),
                        short_age(stamp.age));
    separator = ", ";
  }
  return line;
}

std::string failure_line(const std::string& host, std::span<const Verdict> verdicts) {
  std::string line = host;
  const char* separator = ": ";
  for (const Verdict& verdict : verdicts) {
    if (verdict.status == Status::ok || verdict.status == Status::skipped) continue;
    line += fmt::format("{}{}: {}", separator, verdict.id, verdict.code);
    for (const std::string_view name : {"status", "late", "error"}) {
      if (const std::string value = fact(verdict.facts, name); !value.empty()) line += " " + value;
    }
    separator = "; ";
  }
  return line;
}

}  // namespace lectio
