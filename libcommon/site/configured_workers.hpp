// How many workers gunicorn was told to run.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/procfs.hpp"
#include "io/systemd.hpp"

namespace lectio {

// As gunicorn reads -w N, -wN, --workers N, --workers=N; the last one counts.
std::optional<int> workers_of_command_line(const std::vector<std::string>& arguments);

// Of a configuration file, where it sets `workers` to a plain number and nothing else.
std::optional<int> workers_of_config_file(std::string_view text);

// By the main process' `arguments`; else (a title may stand in their place) the unit's ExecStart,
// GUNICORN_CMD_ARGS, gunicorn's configuration file, WEB_CONCURRENCY. Empty: none of them says,
// or one that goes over the others cannot be read.
std::optional<int> configured_workers(const std::string& unit, pid_t main_pid,
                                      const std::vector<std::string>& arguments, Systemd& systemd,
                                      const Procfs& procfs);

}  // namespace lectio
