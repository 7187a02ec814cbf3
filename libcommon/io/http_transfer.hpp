// One request on its way: its tries on a libcurl handle, and what came back.
#pragma once

#include <curl/curl.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "io/curl_handles.hpp"
#include "io/http.hpp"

namespace lectio {

class Transfer {
 public:
  Transfer(HttpRequest request, Http::Callback done)
      : request_(std::move(request)),
        origin_(tls_origin_of(request_.url)),
        done_(std::move(done)) {}
  // libcurl holds pointers into a running one.
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // False: the request cannot be sent, and the response says why.
  bool is_sendable();
  // Prepares the next try on `easy`, which it owns until release().
  void begin(Easy easy, const HttpSettings& settings, BootTime now);
  // Rather than open a connection of its own the try waits for one that is being opened.
  void share_connection();
  // The try ended by itself, or had to.
  void end(CURLcode code, BootTime now);
  void cut(std::string_view why, BootTime now);
  // Only when the handle is out of the multi handle.
  Easy release();

  CURL* easy() const { return easy_.get(); }
  // "https://host:port"; empty without TLS.
  std::string_view tls_origin() const { return origin_; }
  // This try has a connection that is ready for the request.
  bool is_connected() const { return connected_; }
  bool wants_retry() const;
  Milliseconds retry_pause() const { return request_.retry_pause; }
  // Of total_timeout; all of it before the first try.
  Milliseconds left(BootTime now) const;
  // Hands the response over; the last thing that happens to a transfer.
  void deliver() { done_(std::move(response_)); }

 private:
  static std::string_view tls_origin_of(std::string_view url);
  template <class Value>
  void set(CURLoption option, Value value);
  void set_defaults(const HttpSettings& settings);
  void set_times(BootTime now);
  void set_way();
  void set_method();
  void set_headers();
  void read_result(BootTime now);
  void fail(HttpError error, std::string_view text);

  static int on_connected(void* self, char*, char*, int, int);
  static std::size_t on_header(char* data, std::size_t one, std::size_t size, void* self);
  static std::size_t on_body(char* data, std::size_t one, std::size_t size, void* self);
  static std::size_t on_send(char* buffer, std::size_t one, std::size_t size, void* self);
  void take_header(std::string_view line);

  HttpRequest request_;
  std::string_view origin_;  // in its url
  Http::Callback done_;
  HttpResponse response_;
  int tries_ = 0;
  BootTime started_{0};
  BootTime try_started_{0};

  Easy easy_;
  List headers_;
  List connect_to_;
  std::size_t sent_ = 0;  // bytes of the request's body
  bool connected_ = false;
  bool headers_complete_ = false;
  bool too_large_ = false;
  bool had_enough_ = false;
  std::array<char, CURL_ERROR_SIZE> error_{};
};

}  // namespace lectio
