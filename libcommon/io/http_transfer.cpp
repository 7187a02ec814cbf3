#include "io/http_transfer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <stdexcept>

#include "base/ascii.hpp"
#include "io/http_error.hpp"
#include "io/http_request.hpp"

namespace lectio {
namespace {

constexpr long max_redirects = 5;
constexpr std::size_t usual_headers = 16;

void append(List& list, const std::string& line) {
  curl_slist* const head = curl_slist_append(list.get(), line.c_str());
  if (head == nullptr) throw std::bad_alloc{};
  if (!list) list.reset(head);
}

template <class Value>
Value info(CURL* easy, CURLINFO what) {
  Value value{};
  curl_easy_getinfo(easy, what, &value);
  return value;
}

std::string text_info(CURL* easy, CURLINFO what) {
  const char* const value = info<char*>(easy, what);
  return value == nullptr ? std::string{} : std::string{value};
}

std::chrono::microseconds time_info(CURL* easy, CURLINFO what) {
  return std::chrono::microseconds{info<curl_off_t>(easy, what)};
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

}  // namespace

bool Transfer::is_sendable() {
  const std::string_view flaw = flaw_of(request_);
  if (!flaw.empty()) fail(HttpError::bad_url, flaw);
  return flaw.empty();
}

void Transfer::begin(Easy easy, const HttpSettings& settings, BootTime now) {
  if (tries_ == 0) started_ = now;
  ++tries_;
  try_started_ = now;
  response_ = HttpResponse{};
  sent_ = 0;
  connected_ = false;
  headers_complete_ = false;
  too_large_ = false;
  had_enough_ = false;
  error_.front() = '\0';

  easy_ = std::move(easy);
  set_defaults(settings);
  set_times(now);
  set_way();
  set_method();
  set_headers();
}

void Transfer::share_connection() { set(CURLOPT_PIPEWAIT, 1L); }

void Transfer::end(CURLcode code, BootTime now) {
  read_result(now);
  const TransferEnd end{.code = code,
                        .os_errno = info<long>(easy(), CURLINFO_OS_ERRNO),
                        .verify_result = info<long>(easy(), CURLINFO_SSL_VERIFYRESULT),
                        .resolved = connected_ || response_.phases.dns.count() > 0,
                        .answered = headers_complete_ && response_.status >= 200};
  if (had_enough_ && !too_large_) return;
  const HttpError error = too_large_ ? HttpError::too_large : classify(end);
  if (error == HttpError::none) return;
  if (too_large_) {
    fail(error, fmt::format("body over {} bytes", request_.max_body));
  } else if (code == CURLE_OK) {
    fail(error, "connection closed inside the headers");
  } else {
    fail(error, error_.front() != '\0' ? error_.data() : curl_easy_strerror(code));
  }
}

void Transfer::cut(std::string_view why, BootTime now) {
  if (tries_ > 0 && !easy_) return;  // between two tries: keeps the error it had
  if (easy_) read_result(now);
  fail(HttpError::timeout, why);
  response_.tries = tries_;
}

Easy Transfer::release() {
  headers_.reset();
  connect_to_.reset();
  return std::move(easy_);
}

bool Transfer::wants_retry() const {
  const bool repeatable =
      (request_.method == "GET" || request_.method == "HEAD") && request_.body.empty();
  return tries_ <= request_.retries && (response_.error == HttpError::refused ||
                                        (response_.error == HttpError::reset && repeatable));
}

Milliseconds Transfer::left(BootTime now) const {
  if (tries_ == 0) return request_.total_timeout;
  return request_.total_timeout - std::chrono::duration_cast<Milliseconds>(now - started_);
}

std::string_view Transfer::tls_origin_of(std::string_view url) {
  constexpr std::string_view scheme = "https://";
  if (!url.starts_with(scheme)) return {};
  return url.substr(0, url.find_first_of("/?#", scheme.size()));
}

template <class Value>
void Transfer::set(CURLoption option, Value value) {
  if (curl_easy_setopt(easy_.get(), option, value) != CURLE_OK) {
    throw std::runtime_error(fmt::format("libcurl refused option {}", std::to_underlying(option)));
  }
}

void Transfer::set_defaults(const HttpSettings& settings) {
  set(CURLOPT_PRIVATE, this);
  set(CURLOPT_ERRORBUFFER, error_.data());
  set(CURLOPT_PREREQFUNCTION, &Transfer::on_connected);
  set(CURLOPT_PREREQDATA, this);
  set(CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set(CURLOPT_WRITEDATA, this);
  set(CURLOPT_NOSIGNAL, 1L);
  // A name server that is silent must not hold up the other transfers at a timeout.
  set(CURLOPT_QUICK_EXIT, 1L);
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  // Also what comes compressed without having been asked for is unpacked.
  set(CURLOPT_ACCEPT_ENCODING, request_.compressed ? "" : "identity");
  set(CURLOPT_USERAGENT, settings.user_agent.c_str());
  // Debian's libcurl would read its whole bundle as well.
  const bool file = !settings.ca_file.empty();
  set(CURLOPT_CAINFO, file ? settings.ca_file.c_str() : nullptr);
  set(CURLOPT_CAPATH, file ? nullptr : settings.ca_directory.c_str());
}

void Transfer::set_times(BootTime now) {
  const Milliseconds total = std::max(left(now), Milliseconds{1});
  const Milliseconds connect = std::clamp(request_.connect_timeout, Milliseconds{1}, total);
  set(CURLOPT_TIMEOUT_MS, long{total.count()});
  set(CURLOPT_CONNECTTIMEOUT_MS, long{connect.count()});
}

void Transfer::set_way() {
  set(CURLOPT_URL, request_.url.c_str());
  set(CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_2TLS});
  set(CURLOPT_IPRESOLVE,
      long{request_.ip == IpVersion::v4 ? CURL_IPRESOLVE_V4 : CURL_IPRESOLVE_WHATEVER});
  // Empty strings: the environment's proxies do not count.
  set(CURLOPT_PROXY, request_.proxy.c_str());
  set(CURLOPT_NOPROXY, "");
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  for (const std::string& entry : request_.connect_to) append(connect_to_, entry);
  set(CURLOPT_CONNECT_TO, connect_to_.get());
  if (!request_.unix_socket.empty()) {
    set(CURLOPT_UNIX_SOCKET_PATH, request_.unix_socket.c_str());
  }
  set(CURLOPT_FOLLOWLOCATION, long{request_.follow_redirects});
  set(CURLOPT_MAXREDIRS, max_redirects);
}

void Transfer::set_method() {
  if (request_.method == "HEAD") {
    set(CURLOPT_NOBODY, 1L);
    return;
  }
  if (request_.method == "GET" && request_.body.empty()) return;
  set(CURLOPT_POST, 1L);
  set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
  if (request_.method != "POST") set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  // libcurl sends a request again when a kept connection died under it. It cannot when
  // the body does not rewind, nor when the connection is new.
  set(CURLOPT_READFUNCTION, &Transfer::on_send);
  set(CURLOPT_READDATA, this);
  set(CURLOPT_FRESH_CONNECT, long{request_.body.empty()});
}

void Transfer::set_headers() {
  if (!request_.body.empty()) append(headers_, "Expect:");  // no pause before a large one
  for (const auto& [name, value] : request_.headers) {
    // "name:" would take the header away.
    append(headers_, value.empty() ? name + ';' : fmt::format("{}: {}", name, value));
  }
  set(CURLOPT_HTTPHEADER, headers_.get());
}

void Transfer::read_result(BootTime now) {
  CURL* const handle = easy();
  response_.tries = tries_;
  response_.status = static_cast<int>(info<long>(handle, CURLINFO_RESPONSE_CODE));
  response_.location = text_info(handle, CURLINFO_REDIRECT_URL);
  HttpPhases& phases = response_.phases;
  phases.dns = time_info(handle, CURLINFO_NAMELOOKUP_TIME_T);
  phases.connect = time_info(handle, CURLINFO_CONNECT_TIME_T);
  phases.tls = time_info(handle, CURLINFO_APPCONNECT_TIME_T);
  response_.reused_connection = info<long>(handle, CURLINFO_NUM_CONNECTS) == 0 &&
                                time_info(handle, CURLINFO_PRETRANSFER_TIME_T).count() > 0;
  if (response_.reused_connection) phases = {};
  if (response_.reused_connection || phases.connect.count() > 0) {
    response_.remote_address = text_info(handle, CURLINFO_PRIMARY_IP);
  }
  phases.first_byte = time_info(handle, CURLINFO_STARTTRANSFER_TIME_T);
  phases.total = std::chrono::duration_cast<std::chrono::microseconds>(now - try_started_);
}

void Transfer::fail(HttpError error, std::string_view text) {
  response_.error = error;
  response_.error_text = trimmed(text);
}

int Transfer::on_connected(void* self, char*, char*, int, int) {
  static_cast<Transfer*>(self)->connected_ = true;
  return CURL_PREREQFUNC_OK;
}

std::size_t Transfer::on_header(char* data, std::size_t, std::size_t size, void* self) {
  static_cast<Transfer*>(self)->take_header({data, size});
  return size;
}

void Transfer::take_header(std::string_view line) {
  auto& headers = response_.headers;
  if (line.starts_with("HTTP/")) {  // another answer: after 1xx or a redirect
    headers.clear();
    headers.reserve(usual_headers);
    headers_complete_ = false;
    return;
  }
  const std::string_view text = trimmed(line);
  if (text.empty()) headers_complete_ = true;
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return;
  headers.emplace_back(lower(text.substr(0, colon)), trimmed(text.substr(colon + 1)));
}

std::size_t Transfer::on_body(char* data, std::size_t, std::size_t size, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  HttpResponse& response = transfer.response_;
  response.body_size += size;
  const std::size_t room = transfer.request_.keep_body - response.body.size();
  response.body.append(data, std::min(size, room));
  transfer.too_large_ = response.body_size > transfer.request_.max_body;
  const std::size_t enough = transfer.request_.enough_body;
  transfer.had_enough_ = enough > 0 && response.body_size >= enough;
  return transfer.too_large_ || transfer.had_enough_ ? 0 : size;
}

std::size_t Transfer::on_send(char* buffer, std::size_t, std::size_t size, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::size_t count = transfer.request_.body.copy(buffer, size, transfer.sent_);
  transfer.sent_ += count;
  return count;
}

}  // namespace lectio
