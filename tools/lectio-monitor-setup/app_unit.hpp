// The systemd unit that runs the site's gunicorn, and what its command line says.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lectio {

struct AppUnit {
  std::string name;               // without ".service"
  std::string path;               // of the unit file
  std::string working_directory;  // empty: not said
  std::vector<std::string> command;
};

// Of a unit file's text: only WorkingDirectory= and the last ExecStart= are looked at.
AppUnit parse_unit_file(std::string_view text);

// What a gunicorn is started with. Everything may be empty: not said.
struct Gunicorn {
  std::string program;      // "/srv/venv/bin/gunicorn"; empty: this command is none
  std::string bind;         // "127.0.0.1:8000", "unix:/run/gunicorn.sock"
  std::string directory;    // --chdir
  std::string application;  // "teaching_panel.wsgi"
};

Gunicorn parse_gunicorn(const std::vector<std::string>& command);

}  // namespace lectio
