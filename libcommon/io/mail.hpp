// One mail over SMTP, by libcurl.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace lectio {

enum class MailTls {
  none,      // smtp:// to a loopback address
  starttls,  // smtp://, required
  implicit,  // smtps://
};

struct MailServer {
  MailTls tls = MailTls::implicit;
  std::string host;  // IPv6 in brackets
  int port = 0;
  std::string user;      // empty: no login
  std::string password;  // secret
  std::string from;
  std::vector<std::string> to;  // at least one
};

// smtp(s)://USER:PASSWORD@HOST:PORT/?from=ADDRESS&to=ADDRESS[,ADDRESS...], user, password and
// addresses percent-encoded. Without from= the user is the sender. Errors (ErrorKind::config)
// name the flaw, never the url.
Result<MailServer> parse_mail_url(std::string_view url);

struct Mail {
  std::string subject;  // UTF-8, one line
  std::string body;     // UTF-8
  WallTime date{};
};

// The message as it is sent: header, encoded subject, body in base64; lines end with CRLF.
// `id` becomes the local part of Message-ID.
std::string mail_text(const MailServer& server, const Mail& mail, std::string_view id);

struct MailSettings {
  std::string ca_directory = "/etc/ssl/certs";
  std::string ca_file = {};  // instead of the directory when set
  Milliseconds timeout{10'000};
};

// Taken by the server for every recipient, or an error (network, timeout, tls, auth,
// protocol) that names host and answer, never user or password. After a time-out it may have
// been taken all the same.
Result<void> send_mail(const MailServer& server, const Mail& mail, const Deadline& deadline,
                       const MailSettings& settings = {});

}  // namespace lectio
