#include "io/http_error.hpp"

#include <gtest/gtest.h>
#include <openssl/x509_vfy.h>

#include <cerrno>

namespace lectio {
namespace {

HttpError connect_failed_with(int os_errno) {
  return classify({.code = CURLE_COULDNT_CONNECT, .os_errno = os_errno});
}

HttpError verification_failed_with(long result) {
  return classify({.code = CURLE_PEER_FAILED_VERIFICATION, .verify_result = result});
}

TEST(HttpErrorTest, TellsWhyThereIsNoConnection) {
  EXPECT_EQ(connect_failed_with(ECONNREFUSED), HttpError::refused);
  EXPECT_EQ(connect_failed_with(ENOENT), HttpError::refused);
  EXPECT_EQ(connect_failed_with(EHOSTUNREACH), HttpError::unreachable);
  EXPECT_EQ(connect_failed_with(ENETUNREACH), HttpError::unreachable);
  EXPECT_EQ(connect_failed_with(ETIMEDOUT), HttpError::timeout);
}

TEST(HttpErrorTest, ANameServerThatIsSilentIsATroubleOfDns) {
  EXPECT_EQ(classify({.code = CURLE_OPERATION_TIMEDOUT, .resolved = true}), HttpError::timeout);
  EXPECT_EQ(classify({.code = CURLE_OPERATION_TIMEDOUT, .resolved = false}), HttpError::dns);
}

TEST(HttpErrorTest, TellsWhatIsWrongWithACertificate) {
  EXPECT_EQ(verification_failed_with(X509_V_OK), HttpError::tls_wrong_host);
  EXPECT_EQ(verification_failed_with(X509_V_ERR_UNSPECIFIED), HttpError::tls_wrong_host);
  EXPECT_EQ(verification_failed_with(X509_V_ERR_HOSTNAME_MISMATCH), HttpError::tls_wrong_host);
  EXPECT_EQ(verification_failed_with(X509_V_ERR_CERT_HAS_EXPIRED), HttpError::tls_expired);
  EXPECT_EQ(verification_failed_with(X509_V_ERR_CERT_NOT_YET_VALID), HttpError::tls_untrusted);
  EXPECT_EQ(verification_failed_with(X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT),
            HttpError::tls_untrusted);
}

TEST(HttpErrorTest, AConnectionLostBeforeTheBodyIsResetAndAfterItTruncated) {
  for (const CURLcode code : {CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_HTTP2_STREAM}) {
    EXPECT_EQ(classify({.code = code, .answered = false}), HttpError::reset);
    EXPECT_EQ(classify({.code = code, .answered = true}), HttpError::truncated);
  }
}

TEST(HttpErrorTest, ABadUrlInARedirectIsTheServersFault) {
  EXPECT_EQ(classify({.code = CURLE_URL_MALFORMAT, .answered = false}), HttpError::bad_url);
  EXPECT_EQ(classify({.code = CURLE_URL_MALFORMAT, .answered = true}), HttpError::protocol);
}

TEST(HttpErrorTest, HasANameForEveryKind) {
  EXPECT_EQ(to_string(HttpError::none), "");
  EXPECT_EQ(to_string(HttpError::dns), "dns");
  EXPECT_EQ(to_string(HttpError::tls_wrong_host), "tls_wrong_host");
  EXPECT_EQ(to_string(HttpError::protocol), "protocol");
}

}  // namespace
}  // namespace lectio
