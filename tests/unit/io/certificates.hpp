// Certificates made on the spot, for servers of the tests.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace lectio::testing {

struct OpensslFree {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
};

struct Identity {
  std::unique_ptr<EVP_PKEY, OpensslFree> key;
  std::unique_ptr<X509, OpensslFree> certificate;
};

// Signs itself. `name` is the host the certificate is for.
Identity self_signed(const std::string& name);

class Authority {
 public:
  explicit Authority(const std::string& name = "authority.test") : self_(self_signed(name)) {}

  // Ends `days_left` days from now; negative: it has expired.
  Identity issue(const std::string& name, int days_left = 30) const;
  std::string pem() const;
  // As OpenSSL looks for it in a hashed directory: "3f1c0a92.0".
  std::string hashed_name() const;

 private:
  Identity self_;
};

}  // namespace lectio::testing
