#include "deep_check/certificate.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>

#include "check/redactor.hpp"
#include "io/url.hpp"

namespace lectio {
namespace {

std::string date(WallTime time) {
  return fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

double days_between(WallTime from, WallTime to) {
  return std::chrono::duration<double, std::ratio<86400>>(to - from).count();
}

std::string shown(const std::string& name) { return Redactor{}.clean(name, 80); }

constexpr int tries = 3;
constexpr Milliseconds between_tries{1000};

// A connection that did not come about at this moment; nothing was said of a certificate.
bool may_pass_soon(const CertificateAnswer& answer) {
  using enum HttpError;
  constexpr std::array passing{dns, refused, unreachable, reset, timeout};
  return std::ranges::find(passing, answer.error) != passing.end();
}

}  // namespace

CertificateAnswer ask_for_certificates(const HttpRequest& request, const HttpSettings& settings,
                                       Clock& clock) {
  CertificateAnswer answer = fetch_certificates(request, settings);
  for (int more = tries - 1; more > 0 && may_pass_soon(answer); --more) {
    clock.sleep(between_tries);
    answer = fetch_certificates(request, settings);
  }
  return answer;
}

std::string certificate_file(const Config& config) {
  if (config.is_set("CERTIFICATE_FILE")) return config.text("CERTIFICATE_FILE");
  const auto site = parse_url(config.text("SITE_URL"));
  std::string path = "/etc/letsencrypt/live/" + (site ? site->host : "") + "/fullchain.pem";
  std::error_code failed;
  return std::filesystem::exists(path, failed) ? path : std::string{};
}

Finding judge_certificate(const CertificateAnswer& answer, WallTime now, const DaysLeft& limits) {
  Finding finding{Outcome::good, "certificate_valid", {}};
  if (answer.error != HttpError::none) {
    finding = {Outcome::bad, std::string{to_string(answer.error)}, {}};
    finding.facts.set("error", answer.error_text);
    // Nobody's certificate: this machine found no way to it.
    if (answer.error == HttpError::dns || answer.error == HttpError::unreachable) {
      finding.outcome = Outcome::unknown;
      finding.severity = Severity::medium;
    }
    return finding;
  }
  const auto& all = answer.chain.certificates;
  const auto soonest = std::ranges::min_element(all, {}, &Certificate::not_after);
  const double days = days_between(now, soonest->not_after);
  finding.facts.set("days", static_cast<std::int64_t>(std::floor(days)))
      .set("ends", date(soonest->not_after))
      .set("ends_unix", std::chrono::system_clock::to_time_t(soonest->not_after))
      .set("subject", shown(soonest->subject))
      .set("issuer", shown(all.front().issuer));
  if (answer.chain.distrust != HttpError::none) {
    finding.outcome = Outcome::bad;
    finding.code = to_string(answer.chain.distrust);
    finding.facts.set("error", answer.chain.reason);
  } else if (days < limits.warning) {
    finding.outcome = days < limits.critical ? Outcome::critical : Outcome::warning;
    finding.code = "certificate_ending";
  }
  return finding;
}

Finding judge_certificate_on_disk(const Result<std::vector<Certificate>>& file,
                                  const CertificateAnswer& answer, const std::string& path) {
  Finding finding{Outcome::unknown, "certificate_unreadable", {}};
  finding.facts.set("path", path);
  if (!file) {
    finding.facts.set("error", file.error().message);
    return finding;
  }
  if (answer.error != HttpError::none) {
    finding.outcome = Outcome::skipped;
    finding.code = "certificate_not_seen";
    finding.facts.set("error", answer.error_text);
    return finding;
  }
  const Certificate& served = answer.chain.certificates.front();
  const Certificate& on_disk = file->front();
  finding.facts.set("served_ends", date(served.not_after))
      .set("disk_ends", date(on_disk.not_after));
  const bool is_same = served.fingerprint == on_disk.fingerprint;
  finding.code = is_same ? "certificate_served" : "certificate_not_served";
  finding.outcome = is_same ? Outcome::good : Outcome::warning;
  return finding;
}

}  // namespace lectio
