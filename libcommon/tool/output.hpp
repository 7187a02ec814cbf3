// How the outcome of a run reaches whoever started it.
#pragma once

#include <string>
#include <vector>

#include "alert/catalogue.hpp"
#include "check/finding.hpp"
#include "report/report.hpp"
#include "site/config.hpp"
#include "tool/flags.hpp"

namespace lectio {

bool stdout_is_terminal();
int terminal_width();  // columns

// {NAME} in texts: configuration keys, and CONFIG_FILE, BIN_DIR (where this program lies), HOST.
NameLookup names_of(const Config& config);

std::string host_name();

// Writes to stdout in the form that was asked for. On a terminal: everything; from cron:
// nothing when all is well. The run's own trouble goes to stderr in text form.
void print(const Report& report, const Flags& flags, Lang lang);

// --list
void print_list(const std::vector<CheckInfo>& checks, const Config& config, const Flags& flags,
                Lang lang);

// --check-config; the exit code.
int print_config(const Config& config, const Flags& flags);

}  // namespace lectio
