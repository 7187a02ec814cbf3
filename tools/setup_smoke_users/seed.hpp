// One run of seed.py inside the site's own Django.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "check/check.hpp"
#include "site/site_process.hpp"

namespace lectio {

struct SmokeUser {
  std::string name;  // "teacher" or "student": its check is smoke_<name>
  std::string email;
  std::string password;
  bool generated = false;  // the password is new and not yet in the configuration
};

enum class SeedMode { rehearse, apply };  // rehearse: in a transaction that is rolled back

struct SeedRequest {
  std::string python;     // of the virtual environment
  std::string directory;  // of manage.py
  SiteProcess as;
  std::vector<SmokeUser> users;
  bool with_data = false;
  std::string drive_file;  // Google Drive id for the recording; empty: as it is
  Milliseconds timeout{50000};
};

// What became of smoke_teacher, smoke_student and smoke_data, as far as they were asked
// for. A Django that does not run is what each of them found. No password is in it.
Findings run_seed(const SeedRequest& request, SeedMode mode, Clock& clock);

}  // namespace lectio
