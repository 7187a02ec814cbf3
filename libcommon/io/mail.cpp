#include "io/mail.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <new>
#include <optional>
#include <stdexcept>
#include <utility>

#include "io/curl_handles.hpp"
#include "io/random.hpp"
#include "io/url.hpp"

namespace lectio {
namespace {

std::string decoded(std::string_view text) {
  int size = 0;
  char* const bytes = curl_easy_unescape(nullptr, std::string{text}.c_str(), 0, &size);
  if (bytes == nullptr) throw std::bad_alloc{};
  std::string copy(bytes, static_cast<std::size_t>(size));
  curl_free(bytes);
  return copy;
}

// Nothing that would end the line or the address where it is written.
bool is_address(std::string_view text) {
  const std::size_t at = text.find('@');
  return at != std::string_view::npos && at > 0 && at + 1 < text.size() &&
         std::ranges::all_of(text, [](char c) {
           return c > ' ' && c <= '~' &&
                  std::string_view{"<>,;\"\\()"}.find(c) == std::string_view::npos;
         });
}

void add_addresses(std::string_view list, std::vector<std::string>& addresses) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (comma > 0) addresses.push_back(decoded(list.substr(0, comma)));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
}

std::unexpected<Error> flaw(std::string_view what) {
  return fail(ErrorKind::config, fmt::format("the mail url {}", what));
}

ErrorKind kind_of(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
      return ErrorKind::network;
    case CURLE_OPERATION_TIMEDOUT:
      return ErrorKind::timeout;
    case CURLE_USE_SSL_FAILED:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
      return ErrorKind::tls;
    case CURLE_LOGIN_DENIED:
      return ErrorKind::auth;
    default:
      return ErrorKind::protocol;
  }
}

// What libcurl reads the message from.
struct Upload {
  std::string text;
  std::size_t sent = 0;

  static std::size_t read(char* buffer, std::size_t one, std::size_t size, void* self) {
    auto& upload = *static_cast<Upload*>(self);
    const std::size_t count = upload.text.copy(buffer, one * size, upload.sent);
    upload.sent += count;
    return count;
  }
};

template <class Value>
void set(CURL* easy, CURLoption option, Value value) {
  if (curl_easy_setopt(easy, option, value) != CURLE_OK) {
    throw std::runtime_error(fmt::format("libcurl refused option {}", std::to_underlying(option)));
  }
}

void set_way(CURL* easy, const MailServer& server, const MailSettings& settings) {
  const std::string url = fmt::format(
      "{}://{}:{}/", server.tls == MailTls::implicit ? "smtps" : "smtp", server.host, server.port);
  set(easy, CURLOPT_URL, url.c_str());
  set(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  set(easy, CURLOPT_USE_SSL, long{server.tls == MailTls::none ? CURLUSESSL_NONE : CURLUSESSL_ALL});
  const bool file = !settings.ca_file.empty();
  set(easy, CURLOPT_CAINFO, file ? settings.ca_file.c_str() : nullptr);
  set(easy, CURLOPT_CAPATH, file ? nullptr : settings.ca_directory.c_str());
  set(easy, CURLOPT_PROXY, "");
  if (server.user.empty()) return;
  set(easy, CURLOPT_USERNAME, server.user.c_str());
  set(easy, CURLOPT_PASSWORD, server.password.c_str());
}

bool holds(std::string_view text, std::string_view secret) {
  return !secret.empty() && text.find(secret) != std::string_view::npos;
}

}  // namespace

Result<MailServer> parse_mail_url(std::string_view text) {
  const UrlHandle url{curl_url()};
  if (!url) throw std::bad_alloc{};
  if (text.find('\0') != std::string_view::npos ||
      curl_url_set(url.get(), CURLUPART_URL, std::string{text}.c_str(), 0) != CURLUE_OK) {
    return flaw("is malformed");
  }
  MailServer server;
  const std::string scheme = url_part(url, CURLUPART_SCHEME).value_or("");
  if (scheme != "smtp" && scheme != "smtps") return flaw("is neither smtp:// nor smtps://");
  server.host = url_part(url, CURLUPART_HOST).value_or("");
  if (server.host.empty()) return flaw("has no host");
  server.tls = scheme == "smtps"               ? MailTls::implicit
               : is_loopback_host(server.host) ? MailTls::none
                                               : MailTls::starttls;
  const std::string port = url_part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT).value_or("0");
  std::from_chars(port.data(), port.data() + port.size(), server.port);
  server.user = url_part(url, CURLUPART_USER, CURLU_URLDECODE).value_or("");
  server.password = url_part(url, CURLUPART_PASSWORD, CURLU_URLDECODE).value_or("");
  const std::string query = url_part(url, CURLUPART_QUERY).value_or("");
  for (std::string_view rest = query; !rest.empty();) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    if (pair.starts_with("from=")) server.from = decoded(pair.substr(5));
    if (pair.starts_with("to=")) add_addresses(pair.substr(3), server.to);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (server.from.empty()) server.from = server.user;
  if (!is_address(server.from)) return flaw("has no sender: ?from=ADDRESS");
  if (server.to.empty()) return flaw("has no recipient: ?to=ADDRESS");
  if (!std::ranges::all_of(server.to, is_address)) return flaw("has a malformed recipient");
  return server;
}

Result<void> send_mail(const MailServer& server, const Mail& mail, const Deadline& deadline,
                       const MailSettings& settings) {
  const Milliseconds time = std::min(settings.timeout, deadline.left());
  if (time.count() == 0) return fail(ErrorKind::timeout, "no time is left for a mail");
  const auto id = random_text(20, "abcdefghijklmnopqrstuvwxyz0123456789");
  if (!id) return std::unexpected(id.error());
  Upload upload{.text = mail_text(server, mail, *id)};

  List recipients;
  for (const std::string& address : server.to) {
    curl_slist* const head = curl_slist_append(recipients.get(), address.c_str());
    if (head == nullptr) throw std::bad_alloc{};
    if (!recipients) recipients.reset(head);
  }
  const Easy handle{curl_easy_init()};
  if (!handle) throw std::bad_alloc{};
  CURL* const easy = handle.get();
  std::array<char, CURL_ERROR_SIZE> words{};
  set_way(easy, server, settings);
  set(easy, CURLOPT_ERRORBUFFER, words.data());
  set(easy, CURLOPT_NOSIGNAL, 1L);
  set(easy, CURLOPT_TIMEOUT_MS, long{time.count()});
  set(easy, CURLOPT_CONNECTTIMEOUT_MS, long{time.count()});
  set(easy, CURLOPT_MAIL_FROM, server.from.c_str());
  set(easy, CURLOPT_MAIL_RCPT, recipients.get());
  set(easy, CURLOPT_UPLOAD, 1L);
  set(easy, CURLOPT_READFUNCTION, &Upload::read);
  set(easy, CURLOPT_READDATA, &upload);

  const CURLcode code = curl_easy_perform(easy);
  if (code == CURLE_OK) return {};
  std::string_view reason = words.data();
  if (reason.empty() || holds(reason, server.user) || holds(reason, server.password)) {
    reason = curl_easy_strerror(code);
  }
  return fail(kind_of(code), fmt::format("mail by {}: {}", server.host, reason));
}

}  // namespace lectio
