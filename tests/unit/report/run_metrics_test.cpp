#include "report/run_metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "report/reports.hpp"

namespace lectio {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// The samples without HELP and TYPE, of one family or all.
std::vector<std::string> samples(const Metrics& metrics, std::string_view family = "") {
  std::vector<std::string> lines;
  std::istringstream text{metrics.text()};
  for (std::string line; std::getline(text, line);) {
    if (!line.starts_with('#') && line.starts_with(family)) lines.push_back(line);
  }
  return lines;
}

Verdict verdict(std::string id, Status status, Facts facts = {}) {
  Verdict made;
  made.id = std::move(id);
  made.status = status;
  made.severity = Severity::medium;
  made.took = status == Status::skipped ? Milliseconds{0} : Milliseconds{1500};
  made.facts = std::move(facts);
  return made;
}

Metrics of(const std::vector<Verdict>& verdicts, const std::vector<CheckInfo>& known) {
  Metrics metrics{{}};
  add_checks(metrics, verdicts, known);
  return metrics;
}

std::vector<std::string> facts_of(const std::string& id, Facts facts, std::string_view family) {
  return samples(of({verdict(id, Status::ok, std::move(facts))}, {}), family);
}

TEST(RunMetricsTest, TellTheRun) {
  Metrics metrics{{{"tool", "smoke_check"}}};
  const Report report = one_root();
  add_run(metrics, report,
          RunTimes{report.started + Milliseconds{500}, report.started, std::chrono::minutes{5}});
  EXPECT_THAT(
      samples(metrics),
      ElementsAre("lectio_build_info{tool=\"smoke_check\",version=\"0.1.0\"} 1",
                  "lectio_run_status{tool=\"smoke_check\"} 2",
                  "lectio_run_duration_seconds{tool=\"smoke_check\"} 0.513",
                  "lectio_run_period_seconds{tool=\"smoke_check\"} 300",
                  "lectio_last_run_timestamp_seconds{tool=\"smoke_check\"} 1795489836.5",
                  "lectio_last_success_timestamp_seconds{tool=\"smoke_check\"} 1795489836"));
}

TEST(RunMetricsTest, OfARunThatIsNotRecordedTellNoTime) {
  Metrics metrics{{}};
  add_run(metrics, one_root(), std::nullopt);
  EXPECT_THAT(metrics.text(), Not(HasSubstr("timestamp")));
}

TEST(RunMetricsTest, OfAToolThatNeverSucceededTellNoSuccess) {
  Metrics metrics{{}};
  add_run(metrics, one_root(), RunTimes{one_root().started, std::nullopt, Milliseconds{0}});
  EXPECT_THAT(samples(metrics, "lectio_last_run"), testing::SizeIs(1));
  EXPECT_THAT(samples(metrics, "lectio_last_success"), IsEmpty());
}

TEST(RunMetricsTest, TellEachCheckWithItsOwnSeverity) {
  const Metrics metrics = of({verdict("a", Status::ok), verdict("b", Status::critical),
                              verdict("c", Status::skipped), verdict("d", Status::unknown)},
                             {{.id = "a", .severity = Severity::critical},
                              {.id = "b", .severity = Severity::high},
                              {.id = "c", .severity = Severity::high}});
  EXPECT_THAT(samples(metrics, "lectio_check_status"),
              ElementsAre("lectio_check_status{check=\"a\",severity=\"critical\"} 0",
                          "lectio_check_status{check=\"b\",severity=\"high\"} 2",
                          "lectio_check_status{check=\"c\",severity=\"high\"} 4",
                          "lectio_check_status{check=\"d\",severity=\"medium\"} 3"));
  EXPECT_THAT(samples(metrics, "lectio_check_duration_seconds"),
              ElementsAre("lectio_check_duration_seconds{check=\"a\"} 1.5",
                          "lectio_check_duration_seconds{check=\"b\"} 1.5",
                          "lectio_check_duration_seconds{check=\"d\"} 1.5"));
}

TEST(RunMetricsTest, WhatHasHappenedCountsWithItsCheck) {
  const Metrics metrics =
      of({verdict("site_errors", Status::ok), verdict("site_errors:1f2e", Status::warning),
          verdict("site_errors:77aa", Status::warning), verdict("unit:redis", Status::critical)},
         {{.id = "site_errors", .severity = Severity::medium},
          {.id = "unit", .severity = Severity::low},
          {.id = "unit:redis", .severity = Severity::high}});
  EXPECT_THAT(samples(metrics, "lectio_check_status"),
              ElementsAre("lectio_check_status{check=\"site_errors\",severity=\"medium\"} 1",
                          "lectio_check_status{check=\"unit:redis\",severity=\"high\"} 2"));
  EXPECT_THAT(metrics.text(), Not(HasSubstr("1f2e"))) << "a series for each error there ever was";
}

TEST(RunMetricsTest, PartsOfARequestDoNotOverlap) {
  const Facts facts = Facts{}
                          .set("ms", 200)
                          .set("dns_ms", 4)
                          .set("connect_ms", 10.5)
                          .set("tls_ms", 40)
                          .set("first_byte_ms", 140);
  EXPECT_THAT(facts_of("lessons", facts, "lectio_http_phase_seconds"),
              ElementsAre("lectio_http_phase_seconds{check=\"lessons\",phase=\"dns\"} 0.004",
                          "lectio_http_phase_seconds{check=\"lessons\",phase=\"connect\"} 0.0065",
                          "lectio_http_phase_seconds{check=\"lessons\",phase=\"tls\"} 0.0295",
                          "lectio_http_phase_seconds{check=\"lessons\",phase=\"first_byte\"} 0.1"));
  EXPECT_THAT(facts_of("lessons", facts, "lectio_http_response_seconds"),
              ElementsAre("lectio_http_response_seconds{check=\"lessons\"} 0.2"));
}

TEST(RunMetricsTest, APartThatDidNotHappenIsLeftOut) {
  // Over a connection that was there, and without TLS.
  EXPECT_THAT(facts_of("a", Facts{}.set("first_byte_ms", 30), "lectio_http_phase_seconds"),
              ElementsAre("lectio_http_phase_seconds{check=\"a\",phase=\"first_byte\"} 0.03"));
  const Facts plain =
      Facts{}.set("dns_ms", 0).set("connect_ms", 0).set("tls_ms", 0).set("first_byte_ms", 7);
  EXPECT_THAT(facts_of("a", plain, "lectio_http_phase_seconds"),
              ElementsAre("lectio_http_phase_seconds{check=\"a\",phase=\"dns\"} 0",
                          "lectio_http_phase_seconds{check=\"a\",phase=\"connect\"} 0",
                          "lectio_http_phase_seconds{check=\"a\",phase=\"first_byte\"} 0.007"));
}

TEST(RunMetricsTest, ObservationsComeInBaseUnits) {
  EXPECT_THAT(facts_of("memory", Facts{}.set("available_mb", 512), "lectio_memory"),
              ElementsAre("lectio_memory_available_bytes{check=\"memory\"} 536870912"));
  EXPECT_THAT(facts_of("nginx_5xx", Facts{}.set("percent", 1.5), "lectio_nginx_5xx"),
              ElementsAre("lectio_nginx_5xx_ratio{check=\"nginx_5xx\"} 0.015"));
  EXPECT_THAT(facts_of("certificate", Facts{}.set("ends_unix", 1795489836), "lectio_certificate"),
              ElementsAre("lectio_certificate_not_after_timestamp_seconds{check=\"certificate\"} "
                          "1795489836"));
  EXPECT_THAT(facts_of("backup_fresh", Facts{}.set("kb", 2), "lectio_backup_newest_bytes"),
              ElementsAre("lectio_backup_newest_bytes{check=\"backup_fresh\"} 2048"));
}

TEST(RunMetricsTest, AFactOfAnotherCheckOrAWordIsNoMetric) {
  EXPECT_THAT(
      samples(of({verdict("lessons", Status::ok, Facts{}.set("percent", 3))}, {}), "lectio_nginx"),
      IsEmpty());
  EXPECT_THAT(facts_of("memory", Facts{}.set("available_mb", "plenty"), "lectio_memory"),
              IsEmpty());
}

TEST(RunMetricsTest, TellEachFilesystemOnce) {
  const Facts two = Facts{}
                        .set("path", "/var")
                        .set("free_percent", 5.5)
                        .set("free_percent:/", 40.0)
                        .set("free_percent:/var", 5.5);
  EXPECT_THAT(facts_of("disk", two, "lectio_disk"),
              ElementsAre("lectio_disk_free_ratio{check=\"disk\",path=\"/var\"} 0.055",
                          "lectio_disk_free_ratio{check=\"disk\",path=\"/\"} 0.4"));
  EXPECT_THAT(
      facts_of("inodes", Facts{}.set("path", "/").set("free_percent", 50.0), "lectio_inodes"),
      ElementsAre("lectio_inodes_free_ratio{check=\"inodes\",path=\"/\"} 0.5"));
}

}  // namespace
}  // namespace lectio
