// Whatever the probes of the server can say has words in both languages.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "alert/catalogue.hpp"

namespace lectio {
namespace {

ToldVerdict told(const std::string& check, const std::string& code, Status status, Lang lang) {
  Verdict verdict;
  verdict.id = check;
  verdict.code = code;
  verdict.status = status;
  return Catalogue::builtin().tell(verdict, lang,
                                   [](std::string_view name) { return std::string{name}; });
}

void expect_words(const std::string& check, const std::vector<std::string>& codes, Status status) {
  for (const std::string& code : codes) {
    for (const Lang lang : {Lang::ru, Lang::en}) {
      const ToldVerdict words = told(check, code, status, lang);
      EXPECT_NE(words.title, check) << code;
      EXPECT_NE(words.summary, code) << check;
      if (status == Status::ok) continue;
      EXPECT_NE(words.meaning, "") << check << " " << code;
      EXPECT_NE(words.action, "") << check << " " << code;
    }
  }
}

void expect_failures(const std::string& check, const std::vector<std::string>& codes) {
  expect_words(check, codes, Status::critical);
}
void expect_unknowns(const std::string& check, const std::vector<std::string>& codes) {
  expect_words(check, codes, Status::unknown);
}

const std::vector<std::string> web{
    "dns",         "refused",        "unreachable",   "reset",         "timeout",
    "tls_expired", "tls_wrong_host", "tls_untrusted", "tls",           "truncated",
    "too_large",   "protocol",       "bad_url",       "redirect",      "bad_request",
    "forbidden",   "not_found",      "unavailable",   "bad_gateway",   "server_error",
    "http_status", "redirect_slash", "redirect_loop", "redirect_https"};

TEST(TextsSystem, ExplainEveryFailureOfTheWeb) {
  expect_failures("public_page", web);
  expect_failures("backend", web);
  expect_failures("public_page", {"not_html", "page_empty", "network"});
  expect_unknowns("public_page", {"uplink_down"});
  expect_failures("backend", {"database_down", "not_json", "bad_answer"});
  expect_failures("response_time", {"response_slow"});
}

TEST(TextsSystem, ExplainEveryStateOfAUnit) {
  for (const char* check : {"backend_service", "nginx_service", "unit:redis"}) {
    expect_failures(check,
                    {"unit_failed", "unit_stopped", "unit_masked", "unit_not_found", "unit_broken",
                     "unit_activating", "unit_deactivating", "unit_reloading", "unit_restarting"});
    expect_unknowns(check, {"systemd_unreachable", "no_systemd"});
  }
  expect_failures("workers", {"workers_few", "workers_none"});
  expect_unknowns("workers", {"workers_no_main_pid", "workers_unreadable", "no_systemd",
                              "systemd_unreachable"});
}

TEST(TextsSystem, ExplainEveryFaultOfTheBuildAndTheMachine) {
  expect_failures("build", {"build_missing", "build_no_index", "build_no_scripts",
                            "build_asset_missing", "build_asset_empty"});
  expect_unknowns("build", {"build_unreadable"});
  expect_failures("build_permissions", {"permission_denied"});
  expect_unknowns("build_permissions", {"permissions_unreadable", "web_user_missing"});
  expect_failures("disk", {"disk_low", "disk_full", "disk_read_only"});
  expect_failures("inodes", {"inodes_low", "inodes_exhausted"});
  for (const char* check : {"disk", "inodes"}) expect_unknowns(check, {"disk_unreadable"});
  expect_failures("memory", {"memory_low", "memory_exhausted"});
  expect_unknowns("memory", {"memory_unreadable"});
}

TEST(TextsSystem, ExplainWhatIsWrongWithTheMonitorItself) {
  expect_failures("deploy_stuck", {"deploy_stuck", "deploy_died", "deploy_marker_ignored"});
  expect_failures("alert_path", {"alert_not_configured", "alert_refused", "alert_failing",
                                 "alert_unreadable", "alert_unwritable"});
}

TEST(TextsSystem, HaveAWordForWhatIsWell) {
  const std::map<std::string, std::string> well{{"public_page", "page_ok"},
                                                {"backend", "backend_ok"},
                                                {"backend_service", "unit_active"},
                                                {"nginx_service", "unit_active"},
                                                {"unit:redis", "unit_active"},
                                                {"workers", "workers_ok"},
                                                {"build", "build_ok"},
                                                {"build_permissions", "permissions_ok"},
                                                {"disk", "disk_free"},
                                                {"inodes", "inodes_free"},
                                                {"deploy_stuck", "deploy_none"},
                                                {"alert_path", "alert_path_ok"},
                                                {"memory", "memory_free"},
                                                {"response_time", "response_fast"}};
  for (const auto& [check, code] : well) expect_words(check, {code}, Status::ok);
  expect_words("inodes", {"inodes_unlimited"}, Status::ok);
  expect_words("deploy_stuck", {"deploy_running", "deploy_gone"}, Status::ok);
  expect_words("alert_path", {"alert_path_off"}, Status::ok);
}

TEST(TextsSystem, ExplainEveryHourlyLook) {
  expect_failures("certificate", {"certificate_ending", "tls_expired", "tls_wrong_host",
                                  "tls_untrusted", "refused", "timeout", "reset", "tls"});
  expect_unknowns("certificate", {"dns", "unreachable"});
  expect_failures("certificate_on_disk", {"certificate_not_served"});
  expect_unknowns("certificate_on_disk", {"certificate_unreadable"});
  expect_failures("swap", {"swap_much"});
  expect_unknowns("swap", {"memory_unreadable"});
  expect_failures("nginx_5xx", {"requests_failing"});
  expect_failures("nginx_errors", {"nginx_errors_many"});
  expect_unknowns("nginx_errors", {"log_unreadable", "log_not_understood"});
  expect_failures("failed_units", {"units_failed"});
  expect_unknowns("failed_units", {"units_unknown"});
  expect_failures("time_sync", {"clock_adrift", "clock_wrong"});
  expect_unknowns("time_sync", {"clock_unreadable"});
  expect_words("certificate_on_disk", {"certificate_served", "key_not_set", "certificate_not_seen"},
               Status::ok);
  expect_words("certificate", {"certificate_valid"}, Status::ok);
  expect_words("swap", {"swap_none", "swap_little"}, Status::ok);
  expect_words("nginx_5xx", {"requests_served"}, Status::ok);
  expect_words("nginx_errors", {"nginx_errors_few"}, Status::ok);
  expect_words("failed_units", {"units_well"}, Status::ok);
  expect_words("time_sync", {"clock_synchronised"}, Status::ok);
}

}  // namespace
}  // namespace lectio
