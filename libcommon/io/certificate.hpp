// X.509 certificates: those that a server shows, trusted or not, and those in a file.
#pragma once

#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "io/http.hpp"

namespace lectio {

struct Certificate {
  std::string subject;  // common name, else the first DNS name
  std::string issuer;   // common name, else the organisation
  WallTime not_before{};
  WallTime not_after{};
  std::string fingerprint;  // SHA-256, hexadecimal
};

// As a server showed it.
struct CertificateChain {
  std::vector<Certificate> certificates;  // that of the server first; never empty
  HttpError distrust = HttpError::none;   // tls_expired, tls_wrong_host, tls_untrusted
  std::string reason;                     // of the distrust, in OpenSSL's words
};

// One connection to the host and port of `request`, with its ways and times; nothing is asked
// there. `error`: there was no handshake.
struct CertificateAnswer {
  HttpError error = HttpError::none;
  std::string error_text;
  CertificateChain chain;
};
CertificateAnswer fetch_certificates(const HttpRequest& request, const HttpSettings& settings);

// PEM. ErrorKind::io: it cannot be read; ErrorKind::config: it holds none. Both name the file.
Result<std::vector<Certificate>> read_certificates(const std::string& path);

}  // namespace lectio
