#include <fmt/chrono.h>
#include <fmt/format.h>
#include <time.h>

#include <algorithm>

#include "report/problems.hpp"
#include "report/screen_text.hpp"

namespace lectio {
namespace {

constexpr int narrowest = 40;  // columns; on less the terminal has to wrap
constexpr std::size_t most_consequences = 20;

constexpr std::string_view bold = "1";
constexpr std::string_view dim = "2";
constexpr std::string_view red = "31";
constexpr std::string_view green = "32";
constexpr std::string_view yellow = "33";
constexpr std::string_view cyan = "36";

struct Mark {
  std::string_view sign;
  std::string_view colour;
};

Mark mark_of(Status status) {
  switch (status) {
    case Status::ok:
      return {"✓", green};
    case Status::warning:
      return {"!", yellow};
    case Status::critical:
      return {"✗", red};
    case Status::unknown:
      return {"?", cyan};
    case Status::skipped:
      return {"–", dim};
  }
  return {"?", cyan};
}

struct Words {
  std::string_view nothing;
  std::string_view all_ok;       // ok, total
  std::string_view some_failed;  // failed, total
  std::string_view unknown;
  std::string_view skipped;
  std::string_view meaning;
  std::string_view action;
  std::string_view consequences;
  std::string_view and_more;
  std::string_view note;
  std::string_view milliseconds;
  std::string_view seconds;
};

constexpr Words russian{
    .nothing = "ничего не проверялось",
    .all_ok = "{} из {} в порядке",
    .some_failed = "{} из {} не в порядке",
    .unknown = ", не удалось узнать: {}",
    .skipped = ", не проверялось: {}",
    .meaning = "Что это значит: ",
    .action = "Что делать: ",
    .consequences = "Следствия: ",
    .and_more = " и ещё {}",
    .note = "Замечание: ",
    .milliseconds = "мс",
    .seconds = "с",
};

constexpr Words english{
    .nothing = "nothing was checked",
    .all_ok = "{} of {} ok",
    .some_failed = "{} of {} not ok",
    .unknown = ", could not tell: {}",
    .skipped = ", not checked: {}",
    .meaning = "What it means: ",
    .action = "What to do: ",
    .consequences = "Consequences: ",
    .and_more = " and {} more",
    .note = "Note: ",
    .milliseconds = "ms",
    .seconds = "s",
};

struct Row {
  Status status;
  std::string title;
  std::string summary;
  std::string time;
  const ReportEntry* entry;
};

// Columns, without the spaces between them.
struct Columns {
  int title = 0;
  int summary = 0;
  int time = 0;
};

class Console {
 public:
  Console(const Report& report, const ConsoleStyle& style)
      : report_(report),
        words_(style.lang == Lang::ru ? russian : english),
        style_(style),
        width_(std::max(style.width, narrowest)),
        problems_(problems(report)) {}

  std::string text() {
    const bool quiet = style_.detail == Detail::problems;
    if (quiet && problems_.empty() && report_.notes.empty()) return {};
    header();
    if (!quiet) table();
    for (const ProblemGroup& problem : problems_) block(problem);
    notes();
    return std::move(out_);
  }

 private:
  std::string painted(std::string_view text, std::string_view colour) const {
    if (style_.colour == Colour::off || text.empty()) return std::string{text};
    return fmt::format("\033[{}m{}\033[0m", colour, text);
  }

  std::string duration(Milliseconds time) const {
    const double seconds = static_cast<double>(time.count()) / 1000;
    if (time.count() < 1000) return fmt::format("{} {}", time.count(), words_.milliseconds);
    return fmt::format("{:.{}f} {}", seconds, seconds < 100 ? 1 : 0, words_.seconds);
  }

  std::string counts() const {
    const Tally counts = tally(report_);
    if (counts.total == 0) return std::string{words_.nothing};
    std::string text =
        counts.failed == 0
            ? fmt::format(fmt::runtime(words_.all_ok), counts.ok, counts.total)
            : fmt::format(fmt::runtime(words_.some_failed), counts.failed, counts.total);
    if (counts.unknown > 0) text += fmt::format(fmt::runtime(words_.unknown), counts.unknown);
    if (counts.skipped > 0) text += fmt::format(fmt::runtime(words_.skipped), counts.skipped);
    return text;
  }

  // The verdict, then whose, when and how long; on lines of their own if one is too short.
  void header() {
    const Mark mark = mark_of(report_.status);
    const std::string verdict =
        fmt::format("{} {}: {}", mark.sign, on_screen(report_.tool), counts());
    const std::time_t seconds = std::chrono::system_clock::to_time_t(report_.started);
    std::tm local{};
    ::localtime_r(&seconds, &local);
    const std::string origin = fmt::format("{} · {:%Y-%m-%d %H:%M:%S %Z} · {}",
                                           on_screen(report_.host), local, duration(report_.took));
    if (display_width(verdict) + 3 + display_width(origin) <= width_) {
      out_ += painted(verdict, mark.colour) + " · " + painted(origin, dim) + "\n";
    } else {
      paragraph("", verdict, 0, mark.colour);
      paragraph("", origin, 2, dim);
    }
  }

  void table() {
    if (report_.entries.empty()) return;
    std::vector<Row> rows;
    rows.reserve(report_.entries.size());
    for (const ReportEntry& entry : report_.entries) {
      rows.push_back({entry.verdict.status, on_screen(entry.title), on_screen(entry.summary),
                      was_run(entry.verdict) ? duration(entry.verdict.took) : "", &entry});
    }
    const Columns columns = measure(rows);
    out_ += '\n';
    for (const Row& row : rows) {
      line(row, columns);
      if (style_.detail == Detail::facts) facts(row.entry->verdict);
    }
  }

  Columns measure(const std::vector<Row>& rows) const {
    Columns columns;
    for (const Row& row : rows) {
      columns.title = std::max(columns.title, display_width(row.title));
      columns.summary = std::max(columns.summary, display_width(row.summary));
      columns.time = std::max(columns.time, display_width(row.time));
    }
    columns.title = std::min(columns.title, width_ * 2 / 5);
    const int room = width_ - 2 - columns.title - 2 - 2 - columns.time;
    columns.summary = std::min(columns.summary, room);
    return columns;
  }

  void line(const Row& row, const Columns& columns) {
    const Mark mark = mark_of(row.status);
    const std::string title = pad_end(cut_to(row.title, columns.title), columns.title);
    std::string summary = cut_to(row.summary, columns.summary);
    if (!row.time.empty()) summary = pad_end(summary, columns.summary) + "  ";
    const std::string time =
        row.time.empty() ? "" : painted(pad_front(row.time, columns.time), dim);
    out_ += row.status == Status::skipped
                ? painted(fmt::format("{} {}  {}", mark.sign, title, summary), dim)
                : fmt::format("{} {}  {}{}", painted(mark.sign, mark.colour), title, summary, time);
    out_ += '\n';
  }

  void facts(const Verdict& verdict) {
    std::string text;
    if (verdict.status != Status::ok) text = "cause=" + verdict.code;
    for (const auto& [name, value] : verdict.facts) {
      const std::string shown = on_screen(to_text(value));
      const bool quoted = shown.empty() || shown.find(' ') != std::string::npos;
      text += fmt::format(fmt::runtime(quoted ? " {}=\"{}\"" : " {}={}"), on_screen(name), shown);
    }
    if (!text.empty()) paragraph("", text, 4, dim);
  }

  void block(const ProblemGroup& problem) {
    const ReportEntry& root = *problem.root;
    const Mark mark = mark_of(root.verdict.status);
    out_ += '\n';
    out_ += painted(mark.sign, mark.colour) + " " +
            painted(cut_to(on_screen(root.title), width_ - 2), bold) + "\n";
    paragraph("", root.summary, 2);
    paragraph(words_.meaning, root.meaning, 2);
    paragraph(words_.action, root.action, 2);
    consequences(problem);
  }

  void consequences(const ProblemGroup& problem) {
    const std::size_t shown = std::min(problem.consequences.size(), most_consequences);
    std::string titles;
    for (std::size_t i = 0; i < shown; ++i) {
      if (i > 0) titles += ", ";
      titles += on_screen(problem.consequences[i]->title);
    }
    if (const std::size_t more = problem.consequences.size() - shown; more > 0) {
      titles += fmt::format(fmt::runtime(words_.and_more), more);
    }
    paragraph(words_.consequences, titles, 2);
  }

  void notes() {
    if (!report_.notes.empty()) out_ += '\n';
    for (const std::string& note : report_.notes) paragraph(words_.note, note, 0);
  }

  // Wrapped; nothing when there is no text. Lines after the first stand two columns deeper.
  void paragraph(std::string_view label, std::string_view text, int indent,
                 std::string_view colour = {}) {
    if (text.empty()) return;
    const std::string whole = std::string{label} + on_screen(text);
    const int deeper = label.empty() ? 0 : 2;
    int margin = indent;
    for (const std::string& line : wrap(whole, width_ - indent - deeper)) {
      out_ += pad_front("", margin) + (colour.empty() ? line : painted(line, colour)) + "\n";
      margin = indent + deeper;
    }
  }

  const Report& report_;
  const Words& words_;
  const ConsoleStyle& style_;
  int width_;
  std::vector<ProblemGroup> problems_;
  std::string out_;
};

}  // namespace

std::string to_console(const Report& report, const ConsoleStyle& style) {
  return Console{report, style}.text();
}

}  // namespace lectio
