// Owners of what libcurl hands out.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

namespace lectio {

struct CurlCleanup {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Easy = std::unique_ptr<CURL, CurlCleanup>;
using List = std::unique_ptr<curl_slist, CurlCleanup>;
using UrlHandle = std::unique_ptr<CURLU, CurlCleanup>;

// Before the first handle; by whichever thread comes first.
inline void prepare_curl() {
  static const CURLcode prepared = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (prepared != CURLE_OK) throw std::runtime_error(curl_easy_strerror(prepared));
}

// Nothing: the address has no such part.
inline std::optional<std::string> url_part(const UrlHandle& url, CURLUPart which,
                                           unsigned flags = 0) {
  char* value = nullptr;
  if (curl_url_get(url.get(), which, &value, flags) != CURLUE_OK) return std::nullopt;
  std::string copy{value};
  curl_free(value);
  return copy;
}

}  // namespace lectio
