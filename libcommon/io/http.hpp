// HTTP over one libcurl multi handle: many transfers at once in one thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"

namespace lectio {

enum class IpVersion { any, v4 };

// Why there is no complete answer. `none`: an answer came, whatever its status.
enum class HttpError {
  none,
  bad_url,  // the request cannot be sent: malformed url, header or method
  dns,      // no such name, or no name server answered in time
  refused,
  unreachable,  // no route to host or network
  reset,        // connection closed or reset before the body began
  timeout,      // connect or total
  tls_expired,
  tls_wrong_host,
  tls_untrusted,  // self-signed, unknown issuer
  tls,            // any other failure of the handshake
  truncated,      // body cut short
  too_large,      // body over HttpRequest::max_body
  protocol,       // not HTTP, too many redirects, unsupported encoding
};

// "dns", "tls_wrong_host", ...: the names used as causes; `none` is "".
std::string_view to_string(HttpError error);

struct HttpRequest {
  std::string method = "GET";
  std::string url = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  Milliseconds connect_timeout{5000};
  // Since it left the queue; covers every try and the pauses between them.
  Milliseconds total_timeout{15000};
  std::size_t max_body = std::size_t{4} << 20U;   // bytes after decoding; more is too_large
  std::size_t keep_body = std::size_t{4} << 20U;  // bytes kept in HttpResponse::body
  // Bytes after which the rest is not waited for: that is no error; 0: all of it is.
  std::size_t enough_body = 0;
  // Tries after a connection that was refused (any method: nothing had been sent)
  // or, for GET and HEAD without a body, reset. Nothing else is ever tried again.
  int retries = 0;
  Milliseconds retry_pause{1000};
  bool follow_redirects = false;  // up to 5, http and https only
  // Asks for a compressed answer, as a browser does: that is what a visitor gets, and it costs the
  // server and us more. An answer that is compressed unasked is decoded too.
  bool compressed = false;
  IpVersion ip = IpVersion::any;
  std::vector<std::string> connect_to = {};  // HOST1:PORT1:HOST2:PORT2 as in curl --connect-to
  std::string unix_socket = {};              // path; empty: TCP
  std::string proxy = {};  // libcurl proxy url; empty: none (environment is ignored)
};

// Since the start of the last try; a phase that did not happen is 0.
struct HttpPhases {
  std::chrono::microseconds dns{0};
  std::chrono::microseconds connect{0};
  std::chrono::microseconds tls{0};
  std::chrono::microseconds first_byte{0};
  std::chrono::microseconds total{0};
};

struct HttpResponse {
  HttpError error = HttpError::none;
  // libcurl's or OpenSSL's words: may name host and port, never more of the url.
  std::string error_text;
  int status = 0;                                            // 0: none received
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;                                          // the first keep_body bytes, decoded
  std::size_t body_size = 0;                                 // bytes received, decoded
  std::string location;        // absolute target of a redirect that was not followed
  std::string remote_address;  // numeric, empty when there was no connection
  HttpPhases phases;
  int tries = 1;  // 0: the deadline passed before its turn came
  bool reused_connection = false;

  // Empty when the header is absent. `name` in lower case.
  std::string_view header(std::string_view name) const;
  // Media type without parameters, lower case: "application/json".
  std::string content_type() const;
};

// The door to the network. Callbacks run inside run() and may start more.
class Http {
 public:
  using Callback = std::function<void(HttpResponse)>;

  virtual ~Http() = default;
  virtual void start(HttpRequest request, Callback done) = 0;
  // Returns when everything that was started has called back. At the deadline
  // what is running or waiting ends with HttpError::timeout. No pause between two
  // tries goes beyond it. Not to be called from a callback.
  virtual void run(const Deadline& deadline) = 0;
};

struct HttpSettings {
  // Trust: a hashed directory is read by need (Debian's bundle costs 20 ms a process).
  std::string ca_directory = "/etc/ssl/certs";
  std::string ca_file = {};       // instead of the directory when set
  std::size_t max_parallel = 16;  // transfers in flight; the rest waits its turn
  std::string user_agent = "lectio-monitor";
};

// libcurl is initialised by the first start(), so that a tool that sends nothing pays nothing.
std::unique_ptr<Http> make_http(Clock& clock, HttpSettings settings);

// One request, waited for.
HttpResponse fetch(Http& http, const Deadline& deadline, HttpRequest request);

}  // namespace lectio
