// A mail server of our own on 127.0.0.1: takes one mail after another and keeps what it heard.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "io/loopback_server.hpp"

namespace lectio::testing {

class SmtpSink {
 public:
  SmtpSink() : server_([this](Peer& peer) { serve(peer); }) {}
  explicit SmtpSink(const Identity& identity)
      : server_(identity, [this](Peer& peer) { serve(peer); }) {}

  int port() const { return server_.port(); }
  void refuse_recipients() { refuses_ = true; }
  void offer_login() { login_ = true; }
  std::string commands() {  // as sent, without the mail
    const std::scoped_lock lock{mutex_};
    return commands_;
  }
  std::string mail() {  // the last one, header and body
    const std::scoped_lock lock{mutex_};
    return mail_;
  }

 private:
  static std::string read_until(Peer& peer, std::string_view end) {
    std::string text;
    while (!text.ends_with(end)) {
      const std::string byte = peer.read(1);
      if (byte.empty()) return {};
      text += byte;
    }
    return text;
  }

  std::string answer(Peer& peer, const std::string& command) {
    if (command.starts_with("EHLO"))
      return login_ ? "250-sink\r\n250 AUTH PLAIN\r\n" : "250 sink\r\n";
    if (command.starts_with("AUTH")) return "535 5.7.8 no\r\n";
    if (command.starts_with("RCPT") && refuses_) return "550 5.1.1 no such user\r\n";
    if (command.starts_with("DATA")) {
      peer.send("354 go on\r\n");
      const std::string text = read_until(peer, "\r\n.\r\n");
      const std::scoped_lock lock{mutex_};
      mail_ = text;
    }
    return command.starts_with("QUIT") ? "221 bye\r\n" : "250 ok\r\n";
  }

  void serve(Peer& peer) {
    peer.send("220 sink\r\n");
    while (true) {
      const std::string command = read_until(peer, "\r\n");
      if (command.empty()) return;
      {
        const std::scoped_lock lock{mutex_};
        commands_ += command;
      }
      if (!peer.send(answer(peer, command))) return;
    }
  }

  std::atomic<bool> refuses_ = false;
  std::atomic<bool> login_ = false;
  std::mutex mutex_;
  std::string commands_;
  std::string mail_;
  LoopbackServer server_;  // declared last: ends before what its threads use
};

}  // namespace lectio::testing
