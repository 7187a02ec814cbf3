#include <fmt/format.h>

#include "report/problems.hpp"
#include "report/screen_text.hpp"

namespace lectio {
namespace {

constexpr int first_line_width = 79;  // of the text before the performance data

std::string upper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

std::string status_word(Status status) { return upper(std::string{to_string(status)}); }

// The bar would start the performance data, and nothing can escape it.
std::string plain(std::string_view text) {
  std::string result;
  for (const char c : on_screen(text)) {
    if (c == '|') {
      result += "¦";
    } else {
      result += c;
    }
  }
  return result;
}

// As many titles as fit, then how many more there are.
std::string titles(const std::vector<ProblemGroup>& found, int width) {
  constexpr int room_for_count = 6;
  std::string text = cut_to(plain(found.front().root->title), width - room_for_count);
  for (std::size_t i = 1; i < found.size(); ++i) {
    const std::string longer = fmt::format("{}, {}", text, plain(found[i].root->title));
    if (display_width(longer) > width - room_for_count) {
      return fmt::format("{} (+{})", text, found.size() - i);
    }
    text = longer;
  }
  return text;
}

std::string what(const Report& report, const std::vector<ProblemGroup>& found, int width) {
  if (!found.empty()) return titles(found, width);
  if (report.status != Status::ok && !report.notes.empty()) {
    return cut_to(plain(report.notes.front()), width);
  }
  const Tally counts = tally(report);
  return counts.skipped == 0
             ? fmt::format("{}/{} ok", counts.ok, counts.total)
             : fmt::format("{}/{} ok, {} skipped", counts.ok, counts.total, counts.skipped);
}

double seconds(Milliseconds time) { return static_cast<double>(time.count()) / 1000; }

std::string quoted_label(std::string_view id) {
  std::string label = "'";
  for (const char c : plain(id)) {
    if (c == '\'') label += '\'';
    label += c == '=' ? '_' : c;
  }
  return label + "'";
}

std::string performance_data(const Report& report) {
  const Tally counts = tally(report);
  std::string data = fmt::format("total={:.3f}s checks={} ok={} failed={} unknown={} skipped={}",
                                 seconds(report.took), counts.total, counts.ok, counts.failed,
                                 counts.unknown, counts.skipped);
  for (const ReportEntry& entry : report.entries) {
    data += fmt::format(
        " {}={}", quoted_label(entry.verdict.id),
        was_run(entry.verdict) ? fmt::format("{:.3f}s", seconds(entry.verdict.took)) : "U");
  }
  return data;
}

}  // namespace

std::string to_nagios(const Report& report) {
  const std::vector<ProblemGroup> found = problems(report);
  const std::string head =
      fmt::format("LECTIO {} {}: ", upper(plain(report.tool)), status_word(report.status));
  std::string text =
      fmt::format("{}{} | {}\n", head, what(report, found, first_line_width - display_width(head)),
                  performance_data(report));
  for (const ProblemGroup& problem : found) {
    const ReportEntry& root = *problem.root;
    text += fmt::format("{}: {}: {}", status_word(root.verdict.status), plain(root.title),
                        plain(root.summary));
    if (!problem.consequences.empty()) text += fmt::format(" (+{})", problem.consequences.size());
    text += '\n';
  }
  for (const std::string& note : report.notes) text += plain(note) + '\n';
  return text;
}

}  // namespace lectio
