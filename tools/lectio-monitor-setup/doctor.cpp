#include "lectio-monitor-setup/doctor.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <iterator>

#include "alert/alert_path.hpp"
#include "alert/ping.hpp"
#include "alert/telegram.hpp"
#include "check/scenario.hpp"
#include "io/file.hpp"
#include "io/filesystem.hpp"
#include "io/procfs.hpp"
#include "lectio-monitor-setup/crontab.hpp"
#include "site/backup_fresh.hpp"
#include "site/config_remarks.hpp"
#include "site/health_checks.hpp"
#include "site/run_stamp.hpp"
#include "site/site_process.hpp"
#include "site/site_report.hpp"
#include "site/smoke.hpp"
#include "site/tools_fresh.hpp"
#include "tool/alerting.hpp"
#include "tool/deploy_now.hpp"

namespace lectio {
namespace {

// Of the other tools' checks those that say whether what was found is right.
const std::vector<std::string> units{"backend_service", "nginx_service"};
const std::vector<std::string> logins{"teacher_login", "student_login"};

// Not of cron's, but a person or systemd starts them.
constexpr std::array<std::string_view, 3> tools_by_hand{"alerts", "notify_failure",
                                                        "setup_smoke_users"};

std::string joined(const std::vector<std::string>& items) {
  return fmt::format("{}", fmt::join(items, " "));
}

class Doctor {
 public:
  explicit Doctor(Run& run) : run_(run), installation_(installation(run.config)) {}

  struct Row {
    CheckInfo info;
    Finding (Doctor::*look)();
  };
  static const std::vector<Row>& rows();

  std::vector<Check> table() {
    std::vector<Check> checks;
    for (const Row& row : rows()) {
      checks.push_back({row.info, [this, &row](const Findings&) { return (this->*row.look)(); }});
    }
    return checks;
  }

 private:
  Finding configuration() { return judge_config(run_.config); }

  Finding tools() {
    std::vector<std::string> names;
    std::ranges::copy(tools_to_schedule(), std::back_inserter(names));
    names.insert(names.end(), tools_by_hand.begin(), tools_by_hand.end());
    std::vector<std::string> missing;
    std::vector<std::string> barred;
    std::vector<std::string> open;
    for (const std::string& name : names) {
      const std::string path = installation_.bin_dir + "/" + name;
      const auto node = file_target(path);
      if (!node || !*node) {
        missing.push_back(path);
      } else if (::access(path.c_str(), X_OK) != 0) {
        barred.push_back(path);
      } else {
        add_if_open(path, open);
      }
    }
    for (std::filesystem::path path = installation_.bin_dir; path.has_relative_path();
         path = path.parent_path()) {
      add_if_open(path.string(), open);
    }
    for (const char* key : {"STATE_DIR", "RUN_DIR", "LOG_DIR"}) {
      add_if_open(run_.config.text(key), open);
    }
    if (!missing.empty()) return bad("setup_tools_missing", missing);
    if (!barred.empty()) return bad("tools_not_executable", barred);
    if (!open.empty()) return bad("setup_tools_open", open);
    return {Outcome::good, "setup_tools_there", Facts{}.set("tools", names.size())};
  }

  // Whoever may write there may do what root does.
  static void add_if_open(const std::string& path, std::vector<std::string>& open) {
    const auto node = file_target(path);
    if (!node || !*node) return;
    // In a directory like /tmp nobody can replace what is another's.
    const bool is_shared =
        ((*node)->mode & (S_IWGRP | S_IWOTH)) != 0 && ((*node)->mode & S_ISVTX) == 0;
    const bool is_open = (*node)->owner != 0 || is_shared;
    if (is_open) open.push_back(path);
  }

  static Finding bad(std::string_view code, const std::vector<std::string>& paths) {
    return {Outcome::bad, std::string{code}, Facts{}.set("paths", joined(paths))};
  }

  Finding site() {
    std::vector<std::string> missing;
    for (const auto& [key, part] :
         {std::pair{"DJANGO_DIR", "/manage.py"}, std::pair{"VENV_DIR", "/bin/python"},
          std::pair{"FRONTEND_BUILD", "/index.html"}}) {
      const std::string path = run_.config.text(key) + part;
      const auto node = file_target(path);
      if (!node || !*node) missing.push_back(fmt::format("{} ({})", path, key));
    }
    if (!missing.empty()) return bad("setup_site_missing", missing);
    return {Outcome::good, "setup_site_there", {}};
  }

  Finding database() {
    const SiteProcess as = site_process(run_.config, run_.systemd);
    const auto report =
        ask_site(as, run_.config.text("VENV_DIR") + "/bin/python", run_.config.text("DJANGO_DIR"),
                 run_.clock, DatabaseLook::briefly, run_.deadline.left());
    if (!report) {
      return {Outcome::unknown, "setup_site_mute", Facts{}.set("error", report.error().message)};
    }
    const SiteCensor censor{as, report->secrets};
    if (!report->code.empty()) {
      return {Outcome::bad, "setup_site_broken",
              Facts{}.set("reason", censor.pass(report->reason))};
    }
    return {Outcome::good, "setup_database_found",
            Facts{}.set("engine", report->database.engine).set("name", report->database.name)};
  }

  Finding way_out() {
    if (run_.config.text("ALERTS") == "off") return {Outcome::good, "alert_path_off", {}};
    const DeliverySettings settings = delivery_settings(run_.config);
    Finding kept = probe_alert_path(outbox_directory(run_.config.text("STATE_DIR")), settings,
                                    run_.clock, run_.notes);
    if (kept.outcome != Outcome::good) return kept;
    const std::string& chat = settings.telegram.chat;
    return judge_chat(std::move(kept),
                      Telegram{settings.telegram, run_.http}.look_up(chat, run_.deadline));
  }

  Finding heartbeat() {
    if (run_.config.text("HEARTBEAT") == "off") return {Outcome::good, "setup_heartbeat_off", {}};
    if (!run_.config.is_set("HEARTBEAT_URL")) return {Outcome::bad, "setup_heartbeat_missing", {}};
    const Facts facts = Facts{}.set("host", ping_host(run_.config.text("HEARTBEAT_URL")));
    const auto stamps = read_run_stamps(run_.config.text("STATE_DIR"), run_.notes);
    if (!stamps) {
      return {Outcome::unknown, "stamps_unreadable", Facts{}.set("error", stamps.error().message)};
    }
    const auto last = std::ranges::find(*stamps, "heartbeat", &RunStamp::tool);
    if (last != stamps->end() && last->status != Status::ok) {
      return {Outcome::bad, "setup_heartbeat_unsent", facts};
    }
    return {Outcome::good, "setup_heartbeat_set", facts};
  }

  Finding schedule() {
    const auto found = read_schedule(installation_, run_.clock);
    if (!found) {
      return {Outcome::unknown, "setup_schedule_unread",
              Facts{}.set("error", found.error().message)};
    }
    std::vector<std::string> missing;
    std::ranges::set_difference(tools_to_schedule(), found->scheduled, std::back_inserter(missing));
    if (!missing.empty()) {
      return {Outcome::bad, "setup_schedule_missing", Facts{}.set("tools", joined(missing))};
    }
    const CrontabEdit edit =
        without_old_lines(found->crontab, old_suite(run_.config, run_.clock.wall()));
    std::vector<std::string> old = edit.removed;
    old.insert(old.end(), edit.left.begin(), edit.left.end());
    if (!old.empty()) {
      return {Outcome::warning, "setup_schedule_old",
              Facts{}.set("count", old.size()).set("first", old.front())};
    }
    if (!cron_runs()) return {Outcome::bad, "setup_cron_down", {}};
    return {Outcome::good, "setup_schedule_whole", Facts{}.set("tools", found->scheduled.size())};
  }

  // Without systemd nobody can be asked.
  bool cron_runs() const {
    bool asked = false;
    for (const char* name : {"cron", "crond", "cronie"}) {
      const auto state = run_.systemd.unit(name);
      if (!state) continue;
      asked = true;
      if (state->active_state == "active") return true;
    }
    return !asked;
  }

  // What systemd starts for OnFailure=: the first of its directories hides the others.
  Finding failure_unit() {
    for (const char* directory : {"/etc/systemd/system", "/run/systemd/system",
                                  "/usr/local/lib/systemd/system", "/usr/lib/systemd/system"}) {
      const std::string path = std::string{directory} + "/failure-notifier@.service";
      const auto text = read_file_if_any(path);
      if (!text) {
        return {Outcome::unknown, "setup_failure_unit_unread",
                Facts{}.set("error", text.error().message)};
      }
      if (!*text) continue;
      const bool is_old = (*text)->find("notify_failure.sh") != std::string::npos;
      return {is_old ? Outcome::warning : Outcome::good,
              is_old ? "setup_failure_unit_old" : "setup_failure_unit_there",
              Facts{}.set("path", path)};
    }
    return {Outcome::skipped, "setup_failure_unit_none", {}};
  }

  Finding backup() { return probe_backups(run_.config, run_.clock.wall()); }

  Finding fresh() {
    std::vector<StampAge> ages;
    return probe_tools_fresh(run_.config, run_.clock, deploy_under_way(run_.config, run_.clock),
                             ages, run_.notes);
  }

  Run& run_;
  Installation installation_;
};

const std::vector<Doctor::Row>& Doctor::rows() {
  static const std::vector<Row> rows{
      {config_check(), &Doctor::configuration},
      {{.id = "setup_tools", .severity = Severity::critical}, &Doctor::tools},
      {{.id = "setup_site", .severity = Severity::high}, &Doctor::site},
      {{.id = "setup_database", .severity = Severity::high, .needs = {"setup_site"}},
       &Doctor::database},
      {alert_path_check(), &Doctor::way_out},
      {{.id = "setup_heartbeat", .severity = Severity::medium}, &Doctor::heartbeat},
      {{.id = "setup_schedule", .severity = Severity::critical}, &Doctor::schedule},
      {{.id = "setup_failure_unit", .severity = Severity::medium}, &Doctor::failure_unit},
      {backup_fresh_check(), &Doctor::backup},
      {{.id = "tools_fresh", .severity = Severity::high, .explained_by = {"setup_schedule"}},
       &Doctor::fresh},
  };
  return rows;
}

// Appends `all` that are named in `wanted`, to run by themselves.
void add_named(const std::vector<CheckInfo>& all, const std::vector<std::string>& wanted,
               std::vector<CheckInfo>& to) {
  for (CheckInfo info : all) {
    if (std::ranges::find(wanted, info.id) == wanted.end()) continue;
    info.needs.clear();
    to.push_back(std::move(info));
  }
}

std::vector<std::string> chosen(const std::vector<std::string>& ids, const Selection& selected) {
  std::vector<std::string> chosen;
  std::ranges::copy_if(ids, std::back_inserter(chosen),
                       [&](const std::string& id) { return selected.contains(id); });
  return chosen;
}

}  // namespace

Result<std::vector<CheckInfo>> doctor_checks(const Config& config) {
  const auto scenario = smoke_scenario(config);
  if (!scenario) return std::unexpected(scenario.error());
  std::vector<CheckInfo> checks;
  for (const Doctor::Row& row : Doctor::rows()) checks.push_back(row.info);
  add_named(health_checks(config), units, checks);
  add_named(scenario->checks(), logins, checks);
  return checks;
}

Result<std::vector<Verdict>> examine(Run& run) {
  std::vector<Verdict> verdicts =
      run_checks(Doctor{run}.table(), run.selected, run.clock, run.deadline);
  const auto add = [&](std::vector<Verdict> more, const std::vector<std::string>& wanted) {
    std::erase_if(more, [&](const Verdict& verdict) {
      return std::ranges::find(wanted, verdict.id) == wanted.end();
    });
    std::ranges::move(more, std::back_inserter(verdicts));
  };
  const Procfs procfs;
  if (const auto wanted = chosen(units, run.selected); !wanted.empty()) {
    add(run_health_checks(run.config, {wanted.begin(), wanted.end()},
                          {run.http, run.systemd, procfs, run.clock, run.deadline}),
        wanted);
  }
  if (const auto wanted = chosen(logins, run.selected); !wanted.empty()) {
    const auto scenario = smoke_scenario(run.config);
    if (!scenario) return std::unexpected(scenario.error());
    const auto with_needs = select(scenario->checks(), wanted, {});
    if (!with_needs) return std::unexpected(with_needs.error());
    add(run_scenario(*scenario, scenario_settings(run.config), *with_needs, run.http, run.clock,
                     run.deadline),
        wanted);
  }
  return verdicts;
}

}  // namespace lectio
