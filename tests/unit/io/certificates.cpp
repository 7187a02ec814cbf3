#include "io/certificates.hpp"

#include <fmt/format.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace lectio::testing {
namespace {

constexpr long day = 24L * 60 * 60;

void add_extension(X509* certificate, int nid, const std::string& value) {
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

Identity unsigned_identity(const std::string& name, int days_left) {
  Identity made{std::unique_ptr<EVP_PKEY, OpensslFree>{EVP_EC_gen("P-256")},
                std::unique_ptr<X509, OpensslFree>{X509_new()}};
  X509* const certificate = made.certificate.get();
  static long serial = 0;
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -60 * day);
  X509_gmtime_adj(X509_getm_notAfter(certificate), days_left * day);
  X509_set_pubkey(certificate, made.key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  return made;
}

void sign(Identity& subject, const Identity& issuer) {
  X509_set_issuer_name(subject.certificate.get(), X509_get_subject_name(issuer.certificate.get()));
  X509_sign(subject.certificate.get(), issuer.key.get(), EVP_sha256());
}

}  // namespace

Identity self_signed(const std::string& name) {
  Identity made = unsigned_identity(name, 30);
  add_extension(made.certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
  add_extension(made.certificate.get(), NID_subject_alt_name, "DNS:" + name);
  sign(made, made);
  return made;
}

Identity Authority::issue(const std::string& name, int days_left) const {
  Identity made = unsigned_identity(name, days_left);
  add_extension(made.certificate.get(), NID_subject_alt_name, "DNS:" + name);
  sign(made, self_);
  return made;
}

std::string Authority::pem() const {
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> bio{BIO_new(BIO_s_mem()), &BIO_free_all};
  PEM_write_bio_X509(bio.get(), self_.certificate.get());
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string Authority::hashed_name() const {
  return fmt::format("{:08x}.0", X509_NAME_hash(X509_get_subject_name(self_.certificate.get())));
}

}  // namespace lectio::testing
