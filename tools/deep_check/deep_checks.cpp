#include "deep_check/deep_checks.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <filesystem>
#include <functional>
#include <future>
#include <optional>
#include <string>
#include <utility>

#include "deep_check/certificate.hpp"
#include "deep_check/machine.hpp"
#include "deep_check/memory.hpp"
#include "deep_check/nginx_log.hpp"
#include "io/certificate.hpp"
#include "io/procfs.hpp"
#include "io/system_clock.hpp"
#include "io/url.hpp"
#include "site/health_checks.hpp"
#include "site/site_request.hpp"

namespace lectio {
namespace {

// The same probes and limits as health_check's: one problem, whoever sees it.
constexpr std::array<std::string_view, 4> shared_checks{"disk", "inodes", "memory", "workers"};

constexpr std::uint64_t fewest_failed = 10;
constexpr double critical_errors = 10;  // times as many as a warning

// Begun at once, waited for when its check comes.
template <class Value>
class Begun {
 public:
  template <class Work>
  void begin(Work work) {
    const auto start = std::chrono::steady_clock::now();
    value_ = std::async(std::launch::async, [start, work = std::move(work)] {
               Value value = work();
               const auto took = std::chrono::steady_clock::now() - start;
               return std::pair{std::move(value), std::chrono::duration_cast<Milliseconds>(took)};
             }).share();
  }
  const Value& value() const { return value_.get().first; }
  Milliseconds took() const { return value_.get().second; }

 private:
  std::shared_future<std::pair<Value, Milliseconds>> value_;
};

std::optional<Milliseconds> offset_by(const HttpResponse& response, WallTime now) {
  std::tm parts{};
  const std::string date{response.header("date")};
  if (::strptime(date.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts) == nullptr) return std::nullopt;
  const auto there = std::chrono::system_clock::from_time_t(::timegm(&parts));
  return std::chrono::duration_cast<Milliseconds>(now - there);
}

class Probes {
 public:
  explicit Probes(Run& run) : run_(run), config_(run.config) {
    auto memory = load_memory(config_.text("STATE_DIR"), run_.notes);
    if (!memory) run_.notes.push_back(memory.error().message);
    memory_ = std::move(memory).value_or(DeepMemory{});
    if (wants("certificate") || wants("certificate_on_disk")) {
      certificate_.begin(
          [request = public_request(config_, "/"), settings = http_settings(config_)] {
            return fetch_certificates(request, settings);
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
        return offset_by(response, run_.clock.wall());
      });
    }
    if (wants("nginx_5xx")) {
      access_.begin(follow(follow_access_log, "NGINX_ACCESS_LOG", memory_.access));
    }
    if (wants("nginx_errors")) {
      errors_.begin(follow(follow_error_log, "NGINX_ERROR_LOG", memory_.errors));
    }
  }

  Finding certificate() const {
    Finding finding = judge_certificate(
        certificate_.value(), run_.clock.wall(),
        {config_.number("CERTIFICATE_WARN_DAYS"), config_.number("CERTIFICATE_CRITICAL_DAYS")});
    finding.took = certificate_.took();
    return finding;
  }

  Finding certificate_on_disk() const {
    std::string path = config_.text("CERTIFICATE_FILE");
    if (path.empty()) path = certbots_file();
    if (path.empty()) {
      return {Outcome::skipped, "key_not_set", Facts{}.set("key", "CERTIFICATE_FILE")};
    }
    return judge_certificate_on_disk(read_certificates(path), certificate_.value(), path);
  }

  Finding swap() const {
    return judge_swap(Procfs{}.memory(),
                      {config_.number("SWAP_WARN_MB"), config_.number("SWAP_CRITICAL_MB")});
  }

  Finding nginx_errors() {
    const double warning = config_.number("NGINX_ERRORS_WARN");
    Finding finding = judge_errors(errors_.value(), {warning, warning * critical_errors});
    finding.took = errors_.took();
    if (errors_.value()) memory_.errors = *errors_.value();
    return finding;
  }

  Finding nginx_5xx() {
    Finding finding = judge_requests(access_.value(),
                                     {config_.number("NGINX_5XX_WARN_PERCENT"),
                                      config_.number("NGINX_5XX_CRITICAL_PERCENT"), fewest_failed});
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

  void remember() const {
    if (run_.dry_run == DryRun::on) return;
    if (auto saved = save_memory(config_.text("STATE_DIR"), memory_); !saved) {
      run_.notes.push_back(saved.error().message);
    }
  }

 private:
  // Where certbot keeps it; empty: it does not.
  std::string certbots_file() const {
    const auto site = parse_url(config_.text("SITE_URL"));
    std::string path = "/etc/letsencrypt/live/" + (site ? site->host : "") + "/fullchain.pem";
    std::error_code failed;
    return std::filesystem::exists(path, failed) ? path : std::string{};
  }

  bool wants(std::string_view id) const { return run_.selected.contains(id); }

  Run& run_;
  const Config& config_;
  DeepMemory memory_;
  Begun<CertificateAnswer> certificate_;
  Begun<std::optional<Milliseconds>> offset_;
  Begun<Result<AccessMemory>> access_;
  Begun<Result<ErrorMemory>> errors_;
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
      {{.id = "swap", .severity = medium, .explained_by = {"memory"}}, std::mem_fn(&Probes::swap)},
      {{.id = "nginx_5xx",
        .severity = high,
        .explained_by = {"backend_service", "workers", "backend"}},
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
    info.needs.clear();     // of what only health_check shows
    info.confirm_runs = 2;  // of which one is health_check's, a minute later
    infos.push_back(std::move(info));
  }
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
  std::vector<Verdict> verdicts = run_health_checks(
      run.config, shared, {run.http, run.systemd, procfs, run.clock, run.deadline});
  std::erase_if(verdicts, [](const Verdict& verdict) { return !is_shared(verdict.id); });

  std::vector<Check> table;
  for (DeepRow& row : deep_rows()) {
    table.push_back({std::move(row.info), [&probes, probe = std::move(row.probe)](const Findings&) {
                       return probe(probes);
                     }});
  }
  std::ranges::move(run_checks(table, run.selected, run.clock, run.deadline),
                    std::back_inserter(verdicts));
  probes.remember();
  return verdicts;
}

}  // namespace lectio
