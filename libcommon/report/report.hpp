// One run, told as console text, JSON or a Nagios plugin line; metrics and the log have headers of
// their own.
#pragma once

#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/severity.hpp"
#include "base/text.hpp"
#include "check/finding.hpp"

namespace lectio {

struct ReportEntry {
  Verdict verdict;
  std::string title;
  std::string summary;  // what was observed
  std::string meaning;  // empty when all is well
  std::string action;
};

struct Report {
  std::string tool;
  std::string version;
  std::string host;
  WallTime started;
  Milliseconds took{0};
  Status status = Status::ok;
  std::vector<ReportEntry> entries;
  std::vector<std::string> notes;  // the run's own trouble: one line each
  std::string metrics = {};        // as Prometheus reads them; empty: not asked for
};

enum class Colour { off, on };
enum class Detail { problems, all, facts };  // -q and cron, default on a terminal, -v

struct ConsoleStyle {
  Lang lang = Lang::ru;
  Colour colour = Colour::off;
  Detail detail = Detail::all;
  int width = 100;  // columns
};

// A table, then what each root problem means and asks for, its consequences under it.
std::string to_console(const Report& report, const ConsoleStyle& style);

// The document of schema 1, one line, with a final newline.
std::string to_json(const Report& report);

// "SMOKE_CHECK CRITICAL: ... | perfdata", further lines a problem each.
std::string to_nagios(const Report& report);

// Terminal columns of a UTF-8 text (Cyrillic 1, wide East Asian and emoji 2,
// combining 0).
int display_width(std::string_view text);

}  // namespace lectio
