// Whether the site's certificate will hold, and whether nginx serves the one that lies on the disk.
#pragma once

#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "check/finding.hpp"
#include "io/certificate.hpp"
#include "io/http.hpp"
#include "site/config.hpp"

namespace lectio {

// A connection that does not come about is tried again: it says nothing of a certificate.
CertificateAnswer ask_for_certificates(const HttpRequest& request, const HttpSettings& settings,
                                       Clock& clock);

// CERTIFICATE_FILE, or where certbot keeps it; empty: it does not.
std::string certificate_file(const Config& config);

struct DaysLeft {  // fewer than
  double warning = 14;
  double critical = 7;
};

// The soonest end of the chain counts. Codes: certificate_valid, certificate_ending, tls_expired,
// tls_wrong_host, tls_untrusted, and those of a server without a handshake (dns, refused, ...).
Finding judge_certificate(const CertificateAnswer& answer, WallTime now, const DaysLeft& limits);

// Codes: certificate_served, certificate_not_served, certificate_unreadable,
// certificate_not_seen.
Finding judge_certificate_on_disk(const Result<std::vector<Certificate>>& file,
                                  const CertificateAnswer& answer, const std::string& path);

}  // namespace lectio
