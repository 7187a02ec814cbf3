// A server on 127.0.0.1 (or a unix socket) that says exactly what a test tells it
// to, right or wrong.
#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "io/certificates.hpp"

namespace lectio::testing {

// A connection, seen from the server. Ends (as seen by the client) with its script.
class Peer {
 public:
  Peer(int socket, SSL* tls) : socket_(socket), tls_(tls) {}

  // Head and body, as sent; empty when the client has gone.
  std::string read_request();
  // Exactly `size` bytes; fewer when the client has gone.
  std::string read(std::size_t size);
  // False when the client has gone.
  bool send(std::string_view bytes);
  void wait_until_closed();
  void reset();  // a TCP reset instead of a regular end

 private:
  long read_some(char* data, std::size_t size);

  int socket_;
  SSL* tls_;
};

class LoopbackServer {
 public:
  // Runs for each connection, in a thread of its own.
  using Script = std::function<void(Peer&)>;

  explicit LoopbackServer(Script script);
  // `protocol` is what it agrees to by ALPN: "http/1.1", "h2".
  LoopbackServer(const Identity& identity, Script script, std::string protocol = "http/1.1");
  LoopbackServer(const std::string& unix_socket, Script script);
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;
  ~LoopbackServer();

  int port() const { return port_; }
  // "http://127.0.0.1:PORT/path", "https://localhost:PORT/path"
  std::string url(std::string_view path) const;
  int connections() const { return connections_; }

 private:
  void accept_all();
  void serve(int socket);

  Script script_;
  std::string protocol_;
  SSL_CTX* tls_ = nullptr;
  int port_ = 0;
  int listener_ = -1;
  std::atomic<int> connections_ = 0;
  std::mutex mutex_;
  std::list<int> sockets_;
  std::list<std::thread> workers_;
  std::thread acceptor_;
};

// A port of 127.0.0.1 on which nobody listens, until listen().
class SilentPort {
 public:
  SilentPort();
  SilentPort(const SilentPort&) = delete;
  SilentPort& operator=(const SilentPort&) = delete;
  ~SilentPort();

  // From now on connections are accepted (by the kernel; nobody answers).
  void listen() const;
  int port() const { return port_; }
  std::string url(std::string_view path) const;

 private:
  int port_ = 0;
  int socket_;
};

// A port of 127.0.0.1 whose queue is full: the kernel drops whoever knocks.
class FullPort {
 public:
  FullPort();
  FullPort(const FullPort&) = delete;
  FullPort& operator=(const FullPort&) = delete;
  ~FullPort();

  std::string url(std::string_view path) const;

 private:
  int port_ = 0;
  std::vector<int> sockets_;
};

// Takes every connection to this port of ::1 and answers none.
class SilentIpv6Port {
 public:
  explicit SilentIpv6Port(int port);
  SilentIpv6Port(const SilentIpv6Port&) = delete;
  SilentIpv6Port& operator=(const SilentIpv6Port&) = delete;
  ~SilentIpv6Port();

  // False: this machine has no ::1.
  bool is_open() const { return is_open_; }

 private:
  int socket_;
  bool is_open_ = false;
};

}  // namespace lectio::testing
