#include "backup/database_url.hpp"

#include <curl/curl.h>

#include <memory>

namespace lectio {
namespace {

struct UrlCleanup {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using UrlHandle = std::unique_ptr<CURLU, UrlCleanup>;

std::string part(const UrlHandle& url, CURLUPart what) {
  char* text = nullptr;
  if (curl_url_get(url.get(), what, &text, CURLU_URLDECODE) != CURLUE_OK) return {};
  const std::string found = text;
  curl_free(text);
  return found;
}

}  // namespace

std::optional<Database> database_of_url(const std::string& url) {
  if (!url.starts_with("postgres://") && !url.starts_with("postgresql://")) return std::nullopt;
  // curl takes a third slash for one too many; here it means that there is no host: the socket.
  const std::size_t slashes = url.find("://") + 2;
  const bool is_socket = url.substr(slashes + 1).starts_with('/');
  std::string with_host = url;
  if (is_socket) with_host.insert(slashes + 1, "socket");
  const UrlHandle handle{curl_url()};
  if (!handle || curl_url_set(handle.get(), CURLUPART_URL, with_host.c_str(),
                              CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
    return std::nullopt;
  }
  Database database{.engine = "postgresql",
                    .name = part(handle, CURLUPART_PATH),
                    .user = part(handle, CURLUPART_USER),
                    .password = part(handle, CURLUPART_PASSWORD),
                    .host = is_socket ? std::string{} : part(handle, CURLUPART_HOST),
                    .port = part(handle, CURLUPART_PORT)};
  database.name.erase(0, database.name.find_first_not_of('/'));
  if (database.name.empty()) return std::nullopt;
  return database;
}

}  // namespace lectio
