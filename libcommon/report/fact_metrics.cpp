// Which observations are metrics, and in which unit.
#include <array>
#include <string_view>

#include "report/run_metrics.hpp"

namespace lectio {
namespace {

struct FactMetric {
  std::string_view check;  // empty: whichever has the fact
  std::string_view fact;
  Metric metric;
  double factor = 1;  // to the metric's unit
};

constexpr double of_mebi = 1024.0 * 1024.0;
constexpr double of_kibi = 1024.0;
constexpr double of_milli = 0.001;
constexpr double of_percent = 0.01;

constexpr std::string_view disk_fact = "free_percent";
constexpr Metric swap_used{"lectio_swap_used_bytes", "Memory that was moved to the disk."};
constexpr Metric disk_free{"lectio_disk_free_ratio", "Free part of a filesystem."};
constexpr Metric inodes_free{"lectio_inodes_free_ratio", "Free part of a filesystem's inodes."};

constexpr std::array fact_metrics{
    FactMetric{"",
               "ms",
               {"lectio_http_response_seconds", "From the beginning of a request to its end."},
               of_milli},
    FactMetric{"",
               "restarts",
               {"lectio_unit_restarts", "Restarts of a unit by systemd since it was started."}},
    FactMetric{"workers", "workers", {"lectio_workers", "Workers of gunicorn that live."}},
    FactMetric{"workers",
               "configured",
               {"lectio_workers_configured", "Workers of gunicorn that there should be."}},
    FactMetric{"worker_cpu",
               "highest",
               {"lectio_worker_cpu_ratio",
                "Of the time since the last run, what the busiest worker has computed."},
               of_percent},
    FactMetric{"memory",
               "available_mb",
               {"lectio_memory_available_bytes", "Memory that programs can still get."},
               of_mebi},
    FactMetric{"memory", "swap_used_mb", swap_used, of_mebi},
    FactMetric{"swap", "swap_used_mb", swap_used, of_mebi},
    FactMetric{"certificate",
               "ends_unix",
               {"lectio_certificate_not_after_timestamp_seconds",
                "End of the certificate that the site serves, or of its issuer's if sooner."}},
    FactMetric{"nginx_5xx",
               "requests",
               {"lectio_nginx_requests", "Requests in nginx's log within the last hour."}},
    FactMetric{"nginx_5xx",
               "percent",
               {"lectio_nginx_5xx_ratio", "Of those requests, the part answered 5xx."},
               of_percent},
    FactMetric{"nginx_errors",
               "errors",
               {"lectio_nginx_error_lines", "Lines in nginx's error log within the last hour."}},
    FactMetric{"database", "mb", {"lectio_database_size_bytes", "Size of the database."}, of_mebi},
    FactMetric{"database",
               "connections",
               {"lectio_database_connections", "Connections to the database server."}},
    FactMetric{"database",
               "most_connections",
               {"lectio_database_connections_max", "Connections that it allows."}},
    FactMetric{"backup_fresh",
               "made_unix",
               {"lectio_backup_newest_timestamp_seconds", "When the newest backup was made."}},
    FactMetric{"backup_fresh",
               "kb",
               {"lectio_backup_newest_bytes", "Size of the newest backup."},
               of_kibi},
    FactMetric{"backup_fresh", "count", {"lectio_backups", "Backups of the database."}},
    FactMetric{"backup",
               "kb",
               {"lectio_backup_dump_bytes", "Size of the dump that this run has made."},
               of_kibi},
    FactMetric{"backup", "rows", {"lectio_backup_dump_rows", "Rows of all tables in that dump."}},
    FactMetric{"time_sync",
               "offset_ms",
               {"lectio_clock_offset_seconds", "How far this machine's clock is ahead."},
               of_milli},
    FactMetric{"gdrive",
               "percent",
               {"lectio_gdrive_used_ratio", "Used part of the room in Google Drive."},
               of_percent},
    FactMetric{"site_errors",
               "count",
               {"lectio_site_error_kinds",
                "Kinds of errors that the site's code has raised since "
                "the last run."}},
};

// A filesystem each: the worst one by its path, beside others all of them.
void add_free_parts(Metrics& metrics, const Verdict& verdict, const Metric& metric) {
  for (const auto& [fact, value] : verdict.facts) {
    if (!fact.starts_with(disk_fact)) continue;
    const auto free = verdict.facts.number(fact);
    const FactValue* worst_path = verdict.facts.find("path");
    std::string path = fact.substr(disk_fact.size());
    if (path.starts_with(':')) {
      path.erase(0, 1);
    } else if (worst_path != nullptr) {
      path = to_text(*worst_path);
    }
    if (free) metrics.add(metric, {{"check", verdict.id}, {"path", path}}, *free * of_percent);
  }
}

}  // namespace

void add_facts(Metrics& metrics, const Verdict& verdict) {
  for (const FactMetric& row : fact_metrics) {
    if (!row.check.empty() && row.check != verdict.id) continue;
    if (const auto number = verdict.facts.number(row.fact)) {
      metrics.add(row.metric, {{"check", verdict.id}}, *number * row.factor);
    }
  }
  if (verdict.id == "disk") add_free_parts(metrics, verdict, disk_free);
  if (verdict.id == "inodes") add_free_parts(metrics, verdict, inodes_free);
}

}  // namespace lectio
