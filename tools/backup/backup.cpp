#include "backup/backup.hpp"

#include "backup/backup_checks.hpp"

namespace lectio {

Tool backup() {
  using namespace std::chrono_literals;
  Tool tool;
  tool.name = "backup";
  tool.description = {
      "Раз в сутки: копия базы, пробное восстановление во временную базу, уборка старых копий",
      "Once a day: a dump of the database, a rehearsal of its restore, old dumps removed"};
  tool.examples =
      "backup\n"
      "backup --dry-run\n"
      "backup --only backup -v\n";
  tool.deadline = 3h;
  tool.period = 24h;
  tool.repeatable = false;
  tool.checks = [](const Config&) -> Result<std::vector<CheckInfo>> { return backup_checks(); };
  tool.run = [](Run& run) -> Result<std::vector<Verdict>> { return run_backup_checks(run); };
  return tool;
}

}  // namespace lectio
