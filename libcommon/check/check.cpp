#include "check/check.hpp"

#include <fmt/format.h>

#include <exception>
#include <optional>

namespace lectio {
namespace {

using Index = std::map<std::string_view, const CheckInfo*>;

Result<void> require_known(const Index& index, const std::vector<CheckInfo>& checks,
                           const std::vector<std::string>& ids) {
  for (const std::string& id : ids) {
    if (index.contains(id)) continue;
    std::vector<std::string_view> known;
    known.reserve(checks.size());
    for (const CheckInfo& check : checks) known.emplace_back(check.id);
    const std::string near = nearest(id, known);
    return fail(ErrorKind::config,
                fmt::format("there is no check {}{}", id,
                            near.empty() ? std::string{", see --list"}
                                         : fmt::format(", did you mean {}?", near)));
  }
  return {};
}

Finding without_need(const std::vector<std::string>& needs, const Findings& before) {
  std::string missing;
  for (const std::string& need : needs) {
    const auto found = before.find(need);
    if (found != before.end() && meets_need(found->second)) continue;
    if (!missing.empty()) missing += ", ";
    missing += need;
  }
  if (missing.empty()) return {};
  return {Outcome::skipped, "needs", Facts{}.set("needs", missing)};
}

Finding crashed(std::string_view why) {
  return {Outcome::unknown, "probe_crashed", Facts{}.set("error", std::string{why})};
}

Finding probe(const Check& check, const Findings& before, const Deadline& deadline) {
  if (Finding finding = without_need(check.info.needs, before);
      finding.outcome == Outcome::skipped) {
    return finding;
  }
  if (deadline.passed()) return {Outcome::unknown, "deadline", {}};
  try {
    return check.probe(before);
  } catch (const std::exception& error) {
    return crashed(error.what());
  } catch (...) {
    return crashed("?");
  }
}

}  // namespace

Result<Selection> select(const std::vector<CheckInfo>& checks, const std::vector<std::string>& only,
                         const std::vector<std::string>& skip) {
  Index index;
  for (const CheckInfo& check : checks) index.emplace(check.id, &check);
  for (const auto& ids : {only, skip}) {
    if (auto known = require_known(index, checks, ids); !known) {
      return std::unexpected(known.error());
    }
  }
  Selection selected;
  std::vector<std::string> open = only;
  if (only.empty()) {
    for (const CheckInfo& check : checks) selected.insert(check.id);
  }
  while (!open.empty()) {
    const std::string id = std::move(open.back());
    open.pop_back();
    const auto found = index.find(id);
    if (found == index.end() || !selected.insert(id).second) continue;
    open.insert(open.end(), found->second->needs.begin(), found->second->needs.end());
  }
  for (const std::string& id : skip) selected.erase(id);
  return selected;
}

std::vector<Verdict> run_checks(const std::vector<Check>& table, const Selection& selected,
                                Clock& clock, const Deadline& deadline) {
  std::vector<Verdict> verdicts;
  Findings findings;
  for (const Check& check : table) {
    if (!selected.contains(check.info.id)) continue;
    const BootTime start = clock.boot();
    Finding finding = probe(check, findings, deadline);
    const auto took = std::chrono::duration_cast<Milliseconds>(clock.boot() - start);
    Verdict verdict = judge(check.info, finding, took);
    // What it needed and had is no cause of what it then saw itself.
    for (const std::string& need : check.info.needs) {
      const auto found = findings.find(need);
      if (found != findings.end() && found->second.outcome != Outcome::good &&
          meets_need(found->second)) {
        std::erase(verdict.explained_by, need);
      }
    }
    verdicts.push_back(std::move(verdict));
    findings.emplace(check.info.id, std::move(finding));
  }
  return verdicts;
}

}  // namespace lectio
