// What the site's own code says of itself: as it serves, or in the tree that is to be deployed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "site/database.hpp"
#include "site/site_process.hpp"

namespace lectio {

struct SiteReport {
  // deploy_import_failed, deploy_check_failed, deploy_database_away, deploy_migrations_broken (the
  // database is well); empty: well.
  std::string code = {};
  std::string reason = {};  // of the code; may hold secrets
  Database database = {};
  std::string static_root = {};           // empty: none
  std::vector<std::string> pending = {};  // migrations, "app.0002_name"
  std::vector<std::string> secrets = {};  // what its settings call so
  DatabaseState state = {};               // its size always; more when asked for
};

// closely: also how many connections the database has, and whether a file is whole that is small
// enough for that to keep no writer waiting.
enum class DatabaseLook { briefly, closely };

// `django_dir` is that of manage.py in the tree. An error: it could not be asked; without secrets.
Result<SiteReport> ask_site(const SiteProcess& site, const std::string& python,
                            const std::string& django_dir, Clock& clock,
                            DatabaseLook look = DatabaseLook::briefly,
                            Milliseconds timeout = std::chrono::minutes{2});

}  // namespace lectio
