#include "report/log.hpp"

#include <fmt/format.h>

#include "report/problems.hpp"

namespace lectio {
namespace {

constexpr std::size_t longest_logged = 500;
constexpr std::string_view note_mark = "note: ";
constexpr std::string_view well_mark = "ok: ";

}  // namespace

std::string to_log(const Report& report, const LogStyle& style) {
  std::string text;
  const auto line = [&](std::string_view words) {
    text += fmt::format("{} {}\n", style.time, style.redactor.clean(words, longest_logged));
  };
  for (const ProblemGroup& problem : problems(report)) {
    const ReportEntry& root = *problem.root;
    std::string more;
    if (!problem.consequences.empty()) more = fmt::format(" (+{})", problem.consequences.size());
    line(fmt::format("{} {}: {}{}", to_string(root.verdict.status), root.verdict.id, root.summary,
                     more));
  }
  for (const std::string& note : report.notes) line(fmt::format("{}{}", note_mark, note));
  if (report.status == Status::ok && !style.was_well && style.is_whole) {
    line(fmt::format("{}all {} checks are well again", well_mark, style.checks));
  }
  return text;
}

bool log_ends_well(std::string_view end_of_log) {
  while (!end_of_log.empty()) {
    end_of_log.remove_suffix(end_of_log.ends_with('\n') ? 1 : 0);
    const std::size_t before = end_of_log.rfind('\n');
    const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
    std::string_view words = end_of_log.substr(begin);
    words.remove_prefix(std::min(words.find(' ') + 1, words.size()));
    if (!words.starts_with(note_mark)) return words.empty() || words.starts_with(well_mark);
    end_of_log = end_of_log.substr(0, begin);
  }
  return true;
}

}  // namespace lectio
