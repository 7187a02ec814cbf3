#include "io/http_error.hpp"

#include <openssl/x509_vfy.h>

#include <array>
#include <cerrno>
#include <utility>

namespace lectio {
namespace {

constexpr std::array names{
    std::pair{HttpError::none, std::string_view{}},
    std::pair{HttpError::bad_url, std::string_view{"bad_url"}},
    std::pair{HttpError::dns, std::string_view{"dns"}},
    std::pair{HttpError::refused, std::string_view{"refused"}},
    std::pair{HttpError::unreachable, std::string_view{"unreachable"}},
    std::pair{HttpError::reset, std::string_view{"reset"}},
    std::pair{HttpError::timeout, std::string_view{"timeout"}},
    std::pair{HttpError::tls_expired, std::string_view{"tls_expired"}},
    std::pair{HttpError::tls_wrong_host, std::string_view{"tls_wrong_host"}},
    std::pair{HttpError::tls_untrusted, std::string_view{"tls_untrusted"}},
    std::pair{HttpError::tls, std::string_view{"tls"}},
    std::pair{HttpError::truncated, std::string_view{"truncated"}},
    std::pair{HttpError::too_large, std::string_view{"too_large"}},
    std::pair{HttpError::protocol, std::string_view{"protocol"}},
};

HttpError not_connected(long os_errno) {
  switch (os_errno) {
    case ECONNREFUSED:
    case ENOENT:  // a unix socket that nobody has made
      return HttpError::refused;
    case ETIMEDOUT:
      return HttpError::timeout;
    default:
      return HttpError::unreachable;
  }
}

HttpError not_verified(long verify_result) {
  switch (verify_result) {
    // libcurl compares the name itself, after OpenSSL accepted the chain.
    case X509_V_OK:
    case X509_V_ERR_UNSPECIFIED:
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return HttpError::tls_wrong_host;
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return HttpError::tls_expired;
    default:
      return HttpError::tls_untrusted;
  }
}

}  // namespace

std::string_view to_string(HttpError error) {
  for (const auto& [candidate, name] : names) {
    if (candidate == error) return name;
  }
  return "?";
}

HttpError classify(const TransferEnd& end) {
  switch (end.code) {
    case CURLE_OK:  // also when the connection closed inside the headers
      return end.answered ? HttpError::none : HttpError::reset;
    case CURLE_URL_MALFORMAT:
      return end.answered ? HttpError::protocol : HttpError::bad_url;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return HttpError::dns;
    case CURLE_COULDNT_CONNECT:
      return not_connected(end.os_errno);
    case CURLE_OPERATION_TIMEDOUT:
      return end.resolved ? HttpError::timeout : HttpError::dns;
    case CURLE_PEER_FAILED_VERIFICATION:
      return not_verified(end.verify_result);
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_USE_SSL_FAILED:
      return HttpError::tls;
    case CURLE_PARTIAL_FILE:
      return HttpError::truncated;
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_SEND_FAIL_REWIND:  // closed after a body that must not be sent twice
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2_STREAM:
      return end.answered ? HttpError::truncated : HttpError::reset;
    default:
      return HttpError::protocol;
  }
}

}  // namespace lectio
