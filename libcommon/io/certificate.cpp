#include "io/certificate.hpp"

#include <fmt/format.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string_view>

#include "io/curl_handles.hpp"
#include "io/file.hpp"
#include "io/http_error.hpp"
#include "io/url.hpp"

namespace lectio {
namespace {

struct OpensslFree {
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
  void operator()(X509_STORE* store) const { X509_STORE_free(store); }
  void operator()(X509_STORE_CTX* context) const { X509_STORE_CTX_free(context); }
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};
using X509Handle = std::unique_ptr<X509, OpensslFree>;
using BioHandle = std::unique_ptr<BIO, OpensslFree>;

std::vector<X509Handle> parse_pem(std::string_view pem) {
  std::vector<X509Handle> certificates;
  const BioHandle bio{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
  while (X509* const next = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    certificates.emplace_back(next);
  }
  return certificates;
}

std::string entry(const X509_NAME* name, int nid) {
  std::array<char, 256> text{};
  const int size = X509_NAME_get_text_by_NID(name, nid, text.data(), int{text.size()});
  return size > 0 ? std::string{text.data()} : std::string{};
}

std::string first_dns_name(const X509* certificate) {
  const std::unique_ptr<GENERAL_NAMES, OpensslFree> names{static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr))};
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_DNS) continue;
    const ASN1_STRING* const text = name->d.dNSName;
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
            static_cast<std::size_t>(ASN1_STRING_length(text))};
  }
  return {};
}

WallTime time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

std::string fingerprint_of(const X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (X509_digest(certificate, EVP_sha256(), digest.data(), &size) != 1) return {};
  return fmt::format("{:02x}", fmt::join(digest.begin(), digest.begin() + size, ""));
}

Certificate describe(const X509* certificate) {
  Certificate described{
      .subject = entry(X509_get_subject_name(certificate), NID_commonName),
      .issuer = entry(X509_get_issuer_name(certificate), NID_commonName),
      .not_before = time_of(X509_get0_notBefore(certificate)),
      .not_after = time_of(X509_get0_notAfter(certificate)),
      .fingerprint = fingerprint_of(certificate),
  };
  if (described.subject.empty()) described.subject = first_dns_name(certificate);
  if (described.issuer.empty()) {
    described.issuer = entry(X509_get_issuer_name(certificate), NID_organizationName);
  }
  return described;
}

bool is_for(const X509Handle& certificate, std::string host) {
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  return X509_check_host(certificate.get(), host.data(), host.size(), 0, nullptr) == 1 ||
         X509_check_ip_asc(certificate.get(), host.c_str(), 0) == 1;
}

struct Verified {
  int error = X509_V_OK;
  std::vector<X509Handle> path = {};  // from the leaf to the anchor; when there is no error
};

Verified verify(const std::vector<X509Handle>& certificates, const HttpSettings& settings) {
  const std::unique_ptr<X509_STORE, OpensslFree> trusted{X509_STORE_new()};
  if (settings.ca_file.empty()) {
    X509_STORE_load_path(trusted.get(), settings.ca_directory.c_str());
  } else {
    X509_STORE_load_file(trusted.get(), settings.ca_file.c_str());
  }
  const std::unique_ptr<STACK_OF(X509), OpensslFree> others{sk_X509_new_null()};
  for (const X509Handle& certificate : certificates) sk_X509_push(others.get(), certificate.get());
  const std::unique_ptr<X509_STORE_CTX, OpensslFree> context{X509_STORE_CTX_new()};
  X509_STORE_CTX_init(context.get(), trusted.get(), certificates.front().get(), others.get());
  X509_STORE_CTX_set_default(context.get(), "ssl_server");
  if (X509_verify_cert(context.get()) != 1) return {X509_STORE_CTX_get_error(context.get())};
  Verified verified;
  const STACK_OF(X509)* const path = X509_STORE_CTX_get0_chain(context.get());
  for (int i = 0; i < sk_X509_num(path); ++i) {
    X509* const certificate = sk_X509_value(path, i);
    X509_up_ref(certificate);
    verified.path.emplace_back(certificate);
  }
  return verified;
}

// Of a chain that is trusted, what it is trusted by: a server may send more than anybody needs.
CertificateChain judge_chain(const std::vector<X509Handle>& certificates, const Verified& verified,
                             const std::string& host) {
  CertificateChain chain;
  const auto& measured = verified.error == X509_V_OK ? verified.path : certificates;
  for (const X509Handle& certificate : measured) {
    chain.certificates.push_back(describe(certificate.get()));
  }
  if (verified.error != X509_V_OK) {
    chain.distrust = verified.error == X509_V_ERR_CERT_HAS_EXPIRED ? HttpError::tls_expired
                                                                   : HttpError::tls_untrusted;
    chain.reason = X509_verify_cert_error_string(verified.error);
  } else if (!is_for(certificates.front(), host)) {
    chain.distrust = HttpError::tls_wrong_host;
    chain.reason = X509_verify_cert_error_string(X509_V_ERR_HOSTNAME_MISMATCH);
  }
  return chain;
}

std::vector<X509Handle> certificates_of(const Easy& easy) {
  std::vector<X509Handle> certificates;
  curl_certinfo* info = nullptr;
  if (curl_easy_getinfo(easy.get(), CURLINFO_CERTINFO, &info) != CURLE_OK || info == nullptr) {
    return certificates;
  }
  constexpr std::string_view mark = "Cert:";
  for (int i = 0; i < info->num_of_certs; ++i) {
    for (const curl_slist* item = info->certinfo[i]; item != nullptr; item = item->next) {
      const std::string_view text{item->data};
      if (!text.starts_with(mark)) continue;
      std::ranges::move(parse_pem(text.substr(mark.size())), std::back_inserter(certificates));
    }
  }
  return certificates;
}

}  // namespace

CertificateAnswer fetch_certificates(const HttpRequest& request, const HttpSettings& settings) {
  prepare_curl();
  CertificateAnswer answer;
  const auto url = parse_url(request.url);
  const Easy easy{curl_easy_init()};
  if (!url || url->scheme != "https" || !easy) {
    answer.error = HttpError::bad_url;
    return answer;
  }
  List connect_to;
  for (const std::string& way : request.connect_to) {
    connect_to.reset(curl_slist_append(connect_to.release(), way.c_str()));
  }
  std::array<char, CURL_ERROR_SIZE> words{};
  const auto set = [&](CURLoption option, auto value) {
    curl_easy_setopt(easy.get(), option, value);
  };
  set(CURLOPT_URL, request.url.c_str());
  set(CURLOPT_ERRORBUFFER, words.data());
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_PROTOCOLS_STR, "https");
  set(CURLOPT_CONNECT_ONLY, 1L);
  set(CURLOPT_CERTINFO, 1L);
  set(CURLOPT_SSL_VERIFYPEER, 0L);  // or there would be nothing to measure: see verify()
  set(CURLOPT_SSL_VERIFYHOST, 0L);
  set(CURLOPT_CONNECT_TO, connect_to.get());
  set(CURLOPT_PROXY, request.proxy.c_str());
  set(CURLOPT_NOPROXY, "");
  set(CURLOPT_IPRESOLVE,
      long{request.ip == IpVersion::v4 ? CURL_IPRESOLVE_V4 : CURL_IPRESOLVE_WHATEVER});
  set(CURLOPT_CONNECTTIMEOUT_MS, long{request.connect_timeout.count()});
  set(CURLOPT_TIMEOUT_MS, long{request.total_timeout.count()});
  TransferEnd end{.code = curl_easy_perform(easy.get()), .answered = true};
  curl_easy_getinfo(easy.get(), CURLINFO_OS_ERRNO, &end.os_errno);
  const std::vector<X509Handle> certificates = certificates_of(easy);
  if (end.code != CURLE_OK || certificates.empty()) {
    answer.error = end.code == CURLE_OK ? HttpError::tls : classify(end);
    answer.error_text = words.data();
    return answer;
  }
  answer.chain = judge_chain(certificates, verify(certificates, settings), url->host);
  return answer;
}

Result<std::vector<Certificate>> read_certificates(const std::string& path) {
  const auto pem = read_file(path);
  if (!pem) return std::unexpected(pem.error());
  std::vector<Certificate> certificates;
  for (const X509Handle& certificate : parse_pem(*pem)) {
    certificates.push_back(describe(certificate.get()));
  }
  if (certificates.empty()) {
    return fail(ErrorKind::config, fmt::format("{} holds no certificate in PEM", path));
  }
  return certificates;
}

}  // namespace lectio
