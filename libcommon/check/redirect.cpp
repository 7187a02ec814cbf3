#include "check/redirect.hpp"

#include <algorithm>

#include "io/url.hpp"

namespace lectio {
namespace {

std::string without_query(const std::string& path) { return path.substr(0, path.find('?')); }

bool was_sent_as_host(const HttpRequest& request, const std::string& host) {
  return std::ranges::any_of(request.headers, [&](const auto& header) {
    return header.first == "Host" && header.second == host;
  });
}

bool same_site(const HttpRequest& request, const Url& asked, const Url& target) {
  return target.host == asked.host || was_sent_as_host(request, target.host) ||
         was_sent_as_host(request, target.host_header());
}

bool leads_to_itself(const HttpRequest& request, const Url& asked, const Url& target) {
  const bool same_server = target.host_header() == asked.host_header() ||
                           was_sent_as_host(request, target.host_header());
  return same_server && target.scheme == asked.scheme && target.path == asked.path;
}

}  // namespace

std::string redirect_code(const HttpRequest& request, const std::string& location) {
  const auto asked = parse_url(request.url);
  const auto target = parse_url(location);
  if (!asked || !target || !same_site(request, *asked, *target)) return "redirect";
  const std::string path = without_query(asked->path);
  if (without_query(target->path) == path + "/") return "redirect_slash";
  if (leads_to_itself(request, *asked, *target)) {
    // The slash was asked for and got lost before Django saw the address; "/" has none to lose.
    return path != "/" && path.ends_with('/') ? "redirect_slash" : "redirect_loop";
  }
  const bool to_https = asked->scheme == "http" && target->scheme == "https";
  return to_https && target->path == asked->path ? "redirect_https" : "redirect";
}

}  // namespace lectio
