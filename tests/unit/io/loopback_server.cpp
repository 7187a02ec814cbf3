#include "io/loopback_server.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <stdexcept>

namespace lectio::testing {
namespace {

void require(bool condition, const char* what) {
  if (!condition) throw std::runtime_error(what);
}

int bind_loopback(int& port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  require(listener >= 0, "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  require(::bind(listener, generic, size) == 0, "bind");
  require(::getsockname(listener, generic, &size) == 0, "getsockname");
  port = ntohs(address.sin_port);
  return listener;
}

int bind_unix(const std::string& path) {
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  require(listener >= 0, "socket");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  require(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "bind");
  return listener;
}

int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size,
                    const unsigned char* offered, unsigned int offered_size, void* ours) {
  const auto& protocol = *static_cast<std::string*>(ours);
  for (unsigned int at = 0; at < offered_size; at += 1U + offered[at]) {
    const std::string_view name{reinterpret_cast<const char*>(offered) + at + 1, offered[at]};
    if (name != protocol) continue;
    *chosen = offered + at + 1;
    *size = offered[at];
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_NOACK;
}

// OpenSSL writes without MSG_NOSIGNAL. Only the server's own threads may not mind.
void block_sigpipe() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

std::size_t body_size(std::string_view head) {
  constexpr std::string_view name = "\r\nContent-Length: ";
  const auto at = head.find(name);
  if (at == std::string_view::npos) return 0;
  return std::strtoul(std::string{head.substr(at + name.size(), 20)}.c_str(), nullptr, 10);
}

}  // namespace

long Peer::read_some(char* data, std::size_t size) {
  return tls_ != nullptr ? SSL_read(tls_, data, static_cast<int>(size))
                         : ::recv(socket_, data, size, 0);
}

std::string Peer::read(std::size_t size) {
  std::string bytes(size, '\0');
  std::size_t got = 0;
  while (got < size) {
    const long more = read_some(bytes.data() + got, size - got);
    if (more <= 0) break;
    got += static_cast<std::size_t>(more);
  }
  bytes.resize(got);
  return bytes;
}

std::string Peer::read_request() {
  std::string request;
  while (!request.ends_with("\r\n\r\n")) {
    const std::string byte = read(1);
    if (byte.empty()) return {};
    request += byte;
  }
  return request + read(body_size(request));
}

bool Peer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const long sent = tls_ != nullptr
                          ? SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()))
                          : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void Peer::wait_until_closed() {
  while (read(1).size() == 1) {
  }
}

void Peer::reset() {
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

LoopbackServer::LoopbackServer(Script script)
    : script_(std::move(script)), listener_(bind_loopback(port_)) {
  require(::listen(listener_, 128) == 0, "listen");
  acceptor_ = std::thread{&LoopbackServer::accept_all, this};
}

LoopbackServer::LoopbackServer(const Identity& identity, Script script, std::string protocol)
    : script_(std::move(script)),
      protocol_(std::move(protocol)),
      tls_(SSL_CTX_new(TLS_server_method())),
      listener_(bind_loopback(port_)) {
  SSL_CTX_use_certificate(tls_, identity.certificate.get());
  SSL_CTX_use_PrivateKey(tls_, identity.key.get());
  SSL_CTX_set_alpn_select_cb(tls_, choose_protocol, &protocol_);
  require(::listen(listener_, 128) == 0, "listen");
  acceptor_ = std::thread{&LoopbackServer::accept_all, this};
}

LoopbackServer::LoopbackServer(const std::string& unix_socket, Script script)
    : script_(std::move(script)), listener_(bind_unix(unix_socket)) {
  require(::listen(listener_, 128) == 0, "listen");
  acceptor_ = std::thread{&LoopbackServer::accept_all, this};
}

LoopbackServer::~LoopbackServer() {
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  {
    const std::lock_guard lock{mutex_};
    for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
  }
  for (std::thread& worker : workers_) worker.join();
  ::close(listener_);
  SSL_CTX_free(tls_);
}

std::string LoopbackServer::url(std::string_view path) const {
  return fmt::format("{}:{}{}", tls_ != nullptr ? "https://localhost" : "http://127.0.0.1", port_,
                     path);
}

void LoopbackServer::accept_all() {
  while (true) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    ++connections_;
    const std::lock_guard lock{mutex_};
    sockets_.push_back(socket);
    workers_.emplace_back(&LoopbackServer::serve, this, socket);
  }
}

void LoopbackServer::serve(int socket) {
  block_sigpipe();
  SSL* const tls = tls_ != nullptr ? SSL_new(tls_) : nullptr;
  if (tls != nullptr) SSL_set_fd(tls, socket);
  if (tls == nullptr || SSL_accept(tls) == 1) {
    Peer peer{socket, tls};
    script_(peer);
  }
  SSL_free(tls);
  const std::lock_guard lock{mutex_};
  sockets_.remove(socket);
  ::close(socket);
}

SilentPort::SilentPort() : socket_(bind_loopback(port_)) {}

SilentPort::~SilentPort() { ::close(socket_); }

void SilentPort::listen() const { require(::listen(socket_, 16) == 0, "listen"); }

std::string SilentPort::url(std::string_view path) const {
  return fmt::format("http://127.0.0.1:{}{}", port_, path);
}

FullPort::FullPort() {
  sockets_.push_back(bind_loopback(port_));
  require(::listen(sockets_.front(), 0) == 0, "listen");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port_));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (int i = 0; i < 4; ++i) {
    const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    require(client >= 0, "socket");
    sockets_.push_back(client);
    const bool connected =
        ::connect(client, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    require(connected || errno == EINPROGRESS, "connect");
  }
}

FullPort::~FullPort() {
  for (const int socket : sockets_) ::close(socket);
}

std::string FullPort::url(std::string_view path) const {
  return fmt::format("http://127.0.0.1:{}{}", port_, path);
}

SilentIpv6Port::SilentIpv6Port(int port)
    : socket_(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(static_cast<std::uint16_t>(port));
  address.sin6_addr = in6addr_loopback;
  is_open_ = socket_ >= 0 &&
             ::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
             ::listen(socket_, 16) == 0;
}

SilentIpv6Port::~SilentIpv6Port() { ::close(socket_); }

}  // namespace lectio::testing
