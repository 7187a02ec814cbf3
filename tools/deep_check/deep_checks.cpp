#include "deep_check/deep_checks.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>

#include "alert/alert_path.hpp"
#include "alert/telegram.hpp"
#include "deep_check/begun.hpp"
#include "deep_check/certificate.hpp"
#include "deep_check/database_load.hpp"
#include "deep_check/machine.hpp"
#include "deep_check/memory.hpp"
#include "deep_check/nginx_log.hpp"
#include "deep_check/outside.hpp"
#include "deep_check/told_already.hpp"
#include "deep_check/worker_cpu.hpp"
#include "io/certificate.hpp"
#include "io/procfs.hpp"
#include "io/system_clock.hpp"
#include "site/backup_fresh.hpp"
#include "site/config_remarks.hpp"
#include "site/health_checks.hpp"
#include "site/memory.hpp"
#include "site/site_process.hpp"
#include "site/site_report.hpp"
#include "site/site_request.hpp"
#include "site/tools_fresh.hpp"
#include "tool/alerting.hpp"
#include "tool/deploy_now.hpp"

namespace lectio {
namespace {

// The same probes and limits as health_check's: one problem, whoever sees it.
constexpr std::array<std::string_view, 4> shared_checks{"disk", "inodes", "memory", "workers"};

constexpr int runs_of_shared = 2;  // of which one is the quicker tool's, a minute later
constexpr Milliseconds longest_site_report{30'000};  // a database that hangs lets it hang
constexpr std::uint64_t fewest_failed = 10;
constexpr double critical_errors = 10;  // times as many as a warning

std::vector<std::string> why_requests_fail() {
  return {"backend_service", "workers",    "backend", "public_page",
          "nginx_service",   "api_health", "database"};
}

class Probes {
 public:
  explicit Probes(Run& run) : run_(run), config_(run.config) {
    auto memory = load_memory(book_places(config_), run_.dry_run, run_.notes);
    if (!memory) run_.notes.push_back(memory.error().message);
    memory_ = std::move(memory).value_or(DeepMemory{});
    if (wants("certificate") || wants("certificate_on_disk")) {
      certificate_.begin(
          [this, request = public_request(config_, "/"), settings = http_settings(config_)] {
            return ask_for_certificates(request, settings, run_.clock);
          });
    }
    const auto follow = [this](const auto& read, const char* path, const auto& memory_of_it) {
      return [read, path = config_.text(path), memory_of_it, now = run_.clock.wall(),
              deadline = run_.deadline] { return read(path, memory_of_it, now, deadline); };
    };
    if (wants("time_sync")) {
      HttpRequest request = public_request(config_, "/");
      request.url = "https://" + config_.text("UPLINK_HOST") + "/";
      request.method = "HEAD";
      offset_.begin([this, request, settings = http_settings(config_), deadline = run_.deadline] {
        const auto http = make_http(run_.clock, settings);
        const HttpResponse response = fetch(*http, deadline, request);
        return clock_offset(response, run_.clock.wall());
      });
    }
    if (wants("nginx_5xx")) {
      access_.begin(follow(follow_access_log, "NGINX_ACCESS_LOG", memory_.access));
    }
    if (wants("nginx_errors")) {
      errors_.begin(follow(follow_error_log, "NGINX_ERROR_LOG", memory_.errors));
    }
    if (wants("database") || wants("migrations")) begin_asking_the_site();
    const TelegramSettings telegram = delivery_settings(config_).telegram;
    if (wants("alert_path") && config_.text("ALERTS") != "off" && !telegram.token.empty() &&
        !telegram.chat.empty()) {
      chat_.begin([this, settings = telegram] {
        const auto http = make_http(run_.clock, http_settings(config_));
        return Telegram{settings, *http}.look_up(settings.chat, run_.deadline);
      });
    }
    know_this_boot();
  }

  Finding certificate() const {
    if (!is_https()) return {Outcome::skipped, "not_https", {}};
    Finding finding = judge_certificate(
        certificate_.value(), run_.clock.wall(),
        {config_.number("CERTIFICATE_WARN_DAYS"), config_.number("CERTIFICATE_CRITICAL_DAYS")});
    finding.took = certificate_.took();
    return finding;
  }

  Finding certificate_on_disk() const {
    if (!is_https()) return {Outcome::skipped, "not_https", {}};
    const std::string path = certificate_file(config_);
    if (path.empty()) {
      return {Outcome::skipped, "key_not_set", Facts{}.set("key", "CERTIFICATE_FILE")};
    }
    return judge_certificate_on_disk(read_certificates(path), certificate_.value(), path);
  }

  Finding swap() const {
    Finding finding = judge_swap(
        Procfs{}.memory(), {config_.number("SWAP_WARN_MB"), config_.number("SWAP_CRITICAL_MB")});
    if (finding.outcome != Outcome::good) {
      finding.facts.set("largest", largest_in_memory(Procfs{}));
    }
    return finding;
  }

  Finding nginx_errors() {
    const double warning = config_.number("NGINX_ERRORS_WARN");
    Finding finding = judge_errors(errors_.value(), {warning, warning * critical_errors},
                                   told_already(config_, run_.clock));
    finding.took = errors_.took();
    if (errors_.value()) memory_.errors = *errors_.value();
    return finding;
  }

  Finding nginx_5xx() {
    Finding finding = judge_requests(access_.value(),
                                     {config_.number("NGINX_5XX_WARN_PERCENT"),
                                      config_.number("NGINX_5XX_CRITICAL_PERCENT"), fewest_failed},
                                     told_already(config_, run_.clock));
    finding.took = access_.took();
    if (access_.value()) memory_.access = *access_.value();
    return finding;
  }

  Finding failed_units() const {
    std::vector<std::string> watched = config_.list("WATCH_UNITS");
    watched.push_back(config_.text("BACKEND_SERVICE"));
    watched.push_back(config_.text("NGINX_SERVICE"));
    return judge_failed_units(run_.systemd.failed_units(), watched);
  }

  Finding time_sync() const {
    const auto kept = clock_is_synchronised();
    if (!kept) return judge_clock(std::unexpected(kept.error()), {});
    Finding finding = judge_clock(TimeSync{*kept, offset_.value()}, {});
    finding.took = offset_.took();
    return finding;
  }

  Finding oom() {
    const auto kills = Procfs{}.oom_kills();
    Finding finding = judge_oom(kills, memory_.machine.oom_kills,
                                [this] { return victims_of_memory(run_.clock); });
    if (kills) memory_.machine.oom_kills = *kills;
    if (finding.outcome != Outcome::good) {
      finding.facts.set("largest", largest_in_memory(Procfs{}));
    }
    return finding;
  }

  Finding restarts() {
    std::vector<std::string> units = config_.list("WATCH_UNITS");
    units.push_back(config_.text("BACKEND_SERVICE"));
    units.push_back(config_.text("NGINX_SERVICE"));
    Restarts now;
    for (const std::string& unit : units) {
      const auto state = run_.systemd.unit(unit);
      if (!state) {
        return {Outcome::unknown, "restarts_unknown", Facts{}.set("error", state.error().message)};
      }
      if (state->load_state == "loaded") now[unit] = state->restarts;
    }
    Finding finding = judge_restarts(now, memory_.machine.restarts);
    memory_.machine.restarts = std::move(now);
    return finding;
  }

  Finding worker_cpu() {
    const std::string unit = config_.text("BACKEND_SERVICE");
    const auto state = run_.systemd.unit(unit);
    Result<std::vector<Process>> workers = fail(ErrorKind::io, unit + " has no main process");
    if (!state) workers = std::unexpected(state.error());
    if (state && state->main_pid != 0) workers = Procfs{}.children(state->main_pid);
    const auto at = std::chrono::duration_cast<Milliseconds>(run_.clock.boot());
    Finding finding = judge_worker_cpu(workers, at, memory_.machine.workers, memory_.machine.at,
                                       config_.number("WORKER_CPU_WARN_PERCENT"));
    if (workers) {
      memory_.machine.workers = marks_of(*workers);
      memory_.machine.at = at;
    }
    return finding;
  }

  Finding database() const {
    const DatabaseLimits limits{config_.number("DATABASE_CONNECTIONS_WARN_PERCENT"),
                                config_.number("DATABASE_CONNECTIONS_CRITICAL_PERCENT"),
                                config_.number("DATABASE_WARN_MB")};
    const auto& asked = database_.value();
    Finding finding = judge_database(asked, site_.value(), limits);
    finding.took = site_.took();
    if (!asked) return finding;
    finding.took = std::max(database_.took(), *finding.took);
    return finding;
  }

  Finding migrations() const {
    Finding finding = judge_migrations(site_.value());
    finding.took = site_.took();
    return finding;
  }

  Finding backup_fresh() const { return probe_backups(config_, run_.clock.wall()); }

  Finding tools_fresh() const {
    std::vector<StampAge> ages;
    return probe_tools_fresh(config_, run_.clock, deploy_under_way(config_, run_.clock), ages,
                             run_.notes);
  }

  // Asked before it is needed: a token that was taken back is found within the hour.
  Finding alert_path() const {
    if (config_.text("ALERTS") == "off") return {Outcome::good, "alert_path_off", {}};
    Finding finding = probe_alert_path(outbox_directory(config_.text("STATE_DIR")),
                                       delivery_settings(config_), run_.clock, run_.notes);
    if (finding.outcome != Outcome::good) return finding;
    finding = judge_chat(std::move(finding), chat_.value());
    finding.took = chat_.took();
    return finding;
  }

  Finding configuration() const { return judge_config(config_); }

  const DeepMemory& memory() const { return memory_; }

 private:
  void begin_asking_the_site() {
    SiteProcess site = site_process(config_, run_.systemd);
    const auto url = site.environment.find("DATABASE_URL");
    database_.begin([this, url = url == site.environment.end()
                                     ? std::string{}
                                     : url->second]() -> std::optional<Result<DatabaseState>> {
      if (!url.starts_with("postgres://") && !url.starts_with("postgresql://")) return std::nullopt;
      auto state = look_at_postgres(url, run_.clock, run_.deadline);
      if (!state && state.error().kind == ErrorKind::config) return std::nullopt;
      return state;
    });
    site_.begin([this, site = std::move(site)] {
      auto report =
          ask_site(site, config_.text("VENV_DIR") + "/bin/python", config_.text("DJANGO_DIR"),
                   run_.clock, DatabaseLook::closely, longest_site_report);
      if (report) {
        std::vector<std::string> secrets = std::exchange(report->secrets, {});
        secrets.push_back(report->database.password);
        report->reason = SiteCensor{site, secrets}.pass(report->reason);
      }
      return report;
    });
  }

  // A boot begins to count anew.
  void know_this_boot() {
    std::string boot_id = Procfs{}.boot_id().value_or("");
    MachineMemory& machine = memory_.machine;
    if (machine.boot_id == boot_id) return;
    if (machine.oom_kills) machine.oom_kills = 0;
    if (machine.restarts) std::ranges::fill(std::views::values(*machine.restarts), 0U);
    machine.workers.clear();
    machine.boot_id = std::move(boot_id);
  }

  bool is_https() const { return config_.text("SITE_URL").starts_with("https://"); }

  bool wants(std::string_view id) const { return run_.selected.contains(id); }

  Run& run_;
  const Config& config_;
  DeepMemory memory_;
  Begun<CertificateAnswer> certificate_;
  Begun<std::optional<Milliseconds>> offset_;
  Begun<Result<AccessMemory>> access_;
  Begun<Result<ErrorMemory>> errors_;
  Begun<std::optional<Result<DatabaseState>>> database_;
  Begun<Result<SiteReport>> site_;
  Begun<TelegramAnswer> chat_;
};

struct DeepRow {
  CheckInfo info;
  std::function<Finding(Probes&)> probe;
};

std::vector<DeepRow> deep_rows() {
  using enum Severity;
  return {
      {{.id = "certificate_on_disk", .severity = medium},
       std::mem_fn(&Probes::certificate_on_disk)},
      {{.id = "certificate",
        .severity = critical,
        .explained_by = {"certificate_on_disk", "public_page"}},
       std::mem_fn(&Probes::certificate)},
      {{.id = "oom", .severity = high, .is_event = true}, std::mem_fn(&Probes::oom)},
      {{.id = "restarts", .severity = medium, .is_event = true}, std::mem_fn(&Probes::restarts)},
      {{.id = "worker_cpu",
        .severity = medium,
        .explained_by = {"backend_service", "workers"},
        .confirm_runs = 1},
       std::mem_fn(&Probes::worker_cpu)},
      {{.id = "database", .severity = high, .explained_by = {"api_health", "backend", "disk"}},
       std::mem_fn(&Probes::database)},
      {{.id = "migrations", .severity = medium, .explained_by = {"database", "api_health"}},
       std::mem_fn(&Probes::migrations)},
      {backup_fresh_check(), std::mem_fn(&Probes::backup_fresh)},
      {{.id = "tools_fresh", .severity = high, .confirm_runs = runs_of_shared},
       std::mem_fn(&Probes::tools_fresh)},
      {alert_path_check(), std::mem_fn(&Probes::alert_path)},
      {config_check(), std::mem_fn(&Probes::configuration)},
      {{.id = "swap", .severity = medium, .explained_by = {"memory"}}, std::mem_fn(&Probes::swap)},
      {{.id = "nginx_5xx", .severity = high, .explained_by = why_requests_fail()},
       std::mem_fn(&Probes::nginx_5xx)},
      {{.id = "nginx_errors", .severity = medium, .explained_by = {"nginx_5xx", "backend"}},
       std::mem_fn(&Probes::nginx_errors)},
      {{.id = "failed_units", .severity = high}, std::mem_fn(&Probes::failed_units)},
      {{.id = "time_sync", .severity = medium}, std::mem_fn(&Probes::time_sync)},
  };
}

bool is_shared(std::string_view id) {
  return std::ranges::find(shared_checks, id) != shared_checks.end();
}

}  // namespace

std::vector<CheckInfo> deep_checks(const Config& config) {
  std::vector<CheckInfo> infos;
  for (DeepRow& row : deep_rows()) infos.push_back(std::move(row.info));
  for (CheckInfo& info : health_checks(config)) {
    if (!is_shared(info.id)) continue;
    info.needs.clear();  // of what only health_check shows
    infos.push_back(std::move(info));
  }
  std::ranges::move(outside_checks(), std::back_inserter(infos));
  return infos;
}

std::vector<Verdict> run_deep_checks(Run& run) {
  Probes probes{run};
  Selection shared;
  for (const std::string_view id : shared_checks) {
    if (run.selected.contains(id)) shared.emplace(id);
  }
  if (shared.contains("workers")) shared.emplace("backend_service");
  const Procfs procfs;
  // A worker that is missing and a service that starts are waited for; nothing else asks systemd
  // meanwhile, and none of these asks the web.
  Begun<std::vector<Verdict>> of_the_server;
  of_the_server.begin([&] {
    return run_health_checks(run.config, shared,
                             {run.http, run.systemd, procfs, run.clock, run.deadline});
  });
  const std::vector<Verdict> of_others = run_outside_checks(run);
  std::vector<Verdict> verdicts = of_the_server.value();
  std::erase_if(verdicts, [](const Verdict& verdict) { return !is_shared(verdict.id); });
  for (Verdict& verdict : verdicts) verdict.confirm_runs = runs_of_shared;
  std::ranges::copy(of_others, std::back_inserter(verdicts));

  std::vector<Check> table;
  for (DeepRow& row : deep_rows()) {
    table.push_back({std::move(row.info), [&probes, probe = std::move(row.probe)](const Findings&) {
                       return probe(probes);
                     }});
  }
  std::ranges::move(run_checks(table, run.selected, run.clock, run.deadline),
                    std::back_inserter(verdicts));
  run.remember = [&run, memory = probes.memory()] {
    if (auto saved = save_memory(book_places(run.config), memory); !saved) {
      run.notes.push_back(saved.error().message);
    }
  };
  return verdicts;
}

}  // namespace lectio
