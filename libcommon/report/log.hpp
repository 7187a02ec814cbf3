// The lines that a run leaves in its tool's log: what was not well, its own trouble, and the
// first run in which all was well again.
#pragma once

#include <string>
#include <string_view>

#include "check/redactor.hpp"
#include "report/report.hpp"

namespace lectio {

struct LogStyle {
  std::string time;      // at the head of each line
  bool was_well = true;  // as the log has it
  bool is_whole = true;  // the run looked at all that it ever does: it may say that all is well
  int checks = 0;        // that it looked at
  const Redactor& redactor;
};

// "TIME critical backend_service: SUMMARY (+3)", a line for each root problem; "TIME note: TEXT";
// "TIME ok: all 14 checks are well again". Empty: nothing to say.
std::string to_log(const Report& report, const LogStyle& style);

// Whether the last run that said how things are found them well, by the end of the log.
bool log_ends_well(std::string_view end_of_log);

}  // namespace lectio
