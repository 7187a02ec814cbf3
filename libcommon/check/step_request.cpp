#include "check/step_request.hpp"

#include <openssl/evp.h>

#include <algorithm>

namespace lectio {
namespace {

constexpr std::size_t largest_asset = std::size_t{64} << 20U;  // bytes
constexpr std::size_t asset_beginning = 512;                   // bytes

// One header is one line, whatever was filled into it.
std::string one_line(std::string text) {
  std::erase_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  return text;
}

std::string base64(const std::string& text) {
  std::string encoded(4 * ((text.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  encoded.resize(static_cast<std::size_t>(size));
  return encoded;
}

void go_by(const Base& base, HttpRequest& request) {
  request.headers = base.headers;
  request.connect_to = base.connect_to;
  request.unix_socket = base.unix_socket;
}

}  // namespace

PreparedRequest prepare_request(const Step& step, const ScenarioSettings& settings,
                                const VariableLookup& variable, const std::string& token,
                                Milliseconds time_left) {
  PreparedRequest prepared;
  HttpRequest& request = prepared.request;
  const auto base = settings.bases.find(step.request.base);
  if (base == settings.bases.end()) {
    prepared.missing.push_back(step.request.base);
    return prepared;
  }
  go_by(base->second, request);
  const auto fill = [&](std::string_view text, Escape escape) {
    return fill_template(text, escape, variable, prepared.missing);
  };
  request.method = step.request.method;
  request.url = base->second.url + fill(step.request.target, Escape::url);
  for (const auto& [name, value] : step.request.headers) {
    request.headers.emplace_back(name, one_line(fill(value, Escape::none)));
  }
  if (!token.empty()) request.headers.emplace_back("Authorization", "Bearer " + one_line(token));
  if (!step.request.basic.empty()) {
    request.headers.emplace_back("Authorization",
                                 "Basic " + base64(fill(step.request.basic, Escape::none)));
  }
  request.body = fill(step.request.body, step.request.body_escape);
  for (const std::string& text : step.expect.contains) fill(text, Escape::none);
  for (const JsonExpectation& wanted : step.expect.json) {
    if (wanted.equals) fill(*wanted.equals, Escape::json);
  }
  request.connect_timeout = settings.connect_timeout;
  request.total_timeout = std::min(step.request.timeout.value_or(settings.step_timeout), time_left);
  request.max_body = step.expect.max_body;
  request.keep_body = step.expect.max_body;
  request.enough_body = step.expect.first_bytes;
  request.retries = settings.retries;
  request.follow_redirects = step.request.follow_redirects;
  request.compressed = step.expect.assets;
  request.ip = settings.ip;
  return prepared;
}

HttpRequest asset_request(const HttpRequest& page, const Base& base, const std::string& url,
                          Milliseconds time_left) {
  HttpRequest request;
  go_by(base, request);
  request.url = url;
  request.connect_timeout = page.connect_timeout;
  request.total_timeout = time_left;
  request.max_body = largest_asset;
  request.keep_body = asset_beginning;
  request.retries = page.retries;
  request.compressed = true;
  request.ip = page.ip;
  return request;
}

}  // namespace lectio
