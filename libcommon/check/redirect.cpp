#include "check/redirect.hpp"

#include <algorithm>

#include "io/url.hpp"

namespace lectio {
namespace {

std::string without_query(const std::string& path) { return path.substr(0, path.find('?')); }

// Under the address's host or the Host header that was sent.
bool same_site(const HttpRequest& request, const Url& asked, const Url& target) {
  if (target.host == asked.host) return true;
  return std::ranges::any_of(request.headers, [&](const auto& header) {
    return header.first == "Host" &&
           (header.second == target.host || header.second == target.host_header());
  });
}

}  // namespace

std::string redirect_code(const HttpRequest& request, const std::string& location) {
  const auto asked = parse_url(request.url);
  const auto target = parse_url(location);
  if (!asked || !target || !same_site(request, *asked, *target)) return "redirect";
  const std::string path = without_query(asked->path);
  if (without_query(target->path) == path + "/") return "redirect_slash";
  // To itself: the slash was asked for and got lost before Django saw the address.
  const bool to_itself = target->scheme == asked->scheme && target->path == asked->path;
  if (to_itself && path.ends_with('/')) return "redirect_slash";
  const bool to_https = asked->scheme == "http" && target->scheme == "https";
  return to_https && target->path == asked->path ? "redirect_https" : "redirect";
}

}  // namespace lectio
