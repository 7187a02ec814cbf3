#include "io/url.hpp"

#include <fmt/format.h>

#include <charconv>

#include "base/ascii.hpp"
#include "io/curl_handles.hpp"

namespace lectio {

std::optional<Url> parse_url(std::string_view text) {
  const UrlHandle url{curl_url()};
  const std::string copy{text};
  if (!url ||
      curl_url_set(url.get(), CURLUPART_URL, copy.c_str(), CURLU_DISALLOW_USER) != CURLUE_OK)
    return std::nullopt;
  Url parts;
  parts.scheme = url_part(url, CURLUPART_SCHEME).value_or("");
  if (parts.scheme != "http" && parts.scheme != "https") return std::nullopt;
  parts.host = lower(url_part(url, CURLUPART_HOST).value_or(""));
  const std::string port = url_part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT).value_or("0");
  std::from_chars(port.data(), port.data() + port.size(), parts.port);
  parts.path = url_part(url, CURLUPART_PATH).value_or("/");
  if (const auto query = url_part(url, CURLUPART_QUERY)) parts.path += "?" + *query;
  if (parts.host.empty()) return std::nullopt;
  return parts;
}

std::vector<std::string> passwords_in_url(std::string_view text) {
  const UrlHandle url{curl_url()};
  const std::string copy{text};
  if (!url ||
      curl_url_set(url.get(), CURLUPART_URL, copy.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
    return {};
  std::vector<std::string> passwords;
  for (const unsigned flags : {0U, static_cast<unsigned>(CURLU_URLDECODE)}) {
    auto password = url_part(url, CURLUPART_PASSWORD, flags);
    if (password && !password->empty()) passwords.push_back(std::move(*password));
  }
  return passwords;
}

std::optional<std::string> resolve_url(const std::string& page, const std::string& reference) {
  const UrlHandle url{curl_url()};
  if (!url || curl_url_set(url.get(), CURLUPART_URL, page.c_str(), 0) != CURLUE_OK ||
      curl_url_set(url.get(), CURLUPART_URL, reference.c_str(), CURLU_DISALLOW_USER) != CURLUE_OK ||
      curl_url_set(url.get(), CURLUPART_FRAGMENT, nullptr, 0) != CURLUE_OK) {
    return std::nullopt;
  }
  auto absolute = url_part(url, CURLUPART_URL);
  if (!absolute || !parse_url(*absolute)) return std::nullopt;
  return absolute;
}

std::string Url::host_header() const {
  const bool own_port = (scheme == "http" && port == 80) || (scheme == "https" && port == 443);
  return own_port ? host : fmt::format("{}:{}", host, port);
}

bool Url::is_loopback() const { return is_loopback_host(host); }

bool is_loopback_host(std::string_view host) {
  const bool is_numeric = host.find_first_not_of("0123456789.") == std::string_view::npos;
  return host == "localhost" || host == "[::1]" || (is_numeric && host.starts_with("127."));
}

}  // namespace lectio
