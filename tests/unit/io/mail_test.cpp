#include "io/mail.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <filesystem>

#include "io/file.hpp"
#include "io/http_fixture.hpp"
#include "io/smtp_sink.hpp"

namespace lectio::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

std::string from_base64(std::string text) {
  std::erase_if(text, [](char c) { return c == '\r' || c == '\n'; });
  std::string bytes(text.size(), '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  bytes.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  while (text.ends_with('=')) {
    text.pop_back();
    bytes.pop_back();
  }
  return bytes;
}

// A subject as a reader of mail shows it.
std::string decoded_subject(const std::string& mail) {
  std::string subject;
  const std::size_t begin = mail.find("Subject: ") + 9;
  const std::string field = mail.substr(begin, mail.find("\r\nAuto-Submitted") - begin);
  constexpr std::string_view opening = "=?UTF-8?B?";
  for (std::size_t at = field.find(opening); at != std::string::npos;
       at = field.find(opening, at)) {
    at += opening.size();
    subject += from_base64(field.substr(at, field.find("?=", at) - at));
  }
  return subject.empty() ? field : subject;
}

MailServer server() {
  return {.tls = MailTls::none,
          .host = "127.0.0.1",
          .port = 25,
          .user = "",
          .password = "",
          .from = "monitor@lectio.test",
          .to = {"owner@lectio.test"}};
}

std::string flaw_of_url(std::string_view url) {
  const auto parsed = parse_mail_url(url);
  return parsed ? "" : parsed.error().message;
}

TEST(MailUrl, HasAllItsParts) {
  const auto parsed = parse_mail_url(
      "smtps://me%40lectio.test:p%40ss%2Fw%25rd@mail.test/"
      "?from=m%40lectio.test&to=a+b@c.test,d@e.test");
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
  EXPECT_EQ(parsed->tls, MailTls::implicit);
  EXPECT_EQ(parsed->host, "mail.test");
  EXPECT_EQ(parsed->port, 465);
  EXPECT_EQ(parsed->user, "me@lectio.test");
  EXPECT_EQ(parsed->password, "p@ss/w%rd");
  EXPECT_EQ(parsed->from, "m@lectio.test");
  EXPECT_THAT(parsed->to, ElementsAre("a+b@c.test", "d@e.test"));
}

TEST(MailUrl, WithoutTlsOnlyToThisMachine) {
  const auto tls = [](const std::string& url) {
    return parse_mail_url(url + "/?from=a@b&to=c@d")->tls;
  };
  EXPECT_EQ(tls("smtp://mail.test:587"), MailTls::starttls);
  EXPECT_EQ(tls("smtp://10.0.0.1"), MailTls::starttls);
  EXPECT_EQ(tls("smtp://127.example.org"), MailTls::starttls);
  EXPECT_EQ(tls("smtp://localhost"), MailTls::none);
  EXPECT_EQ(tls("smtp://127.0.0.1:1025"), MailTls::none);
  EXPECT_EQ(tls("smtp://[::1]:1025"), MailTls::none);
  EXPECT_EQ(tls("smtps://127.0.0.1"), MailTls::implicit);
}

TEST(MailUrl, TheUserIsTheSenderUnlessNamed) {
  EXPECT_EQ(parse_mail_url("smtps://me%40x.test:p@mail.test/?to=a@b")->from, "me@x.test");
}

TEST(MailUrl, FlawsAreNamedWithoutTheUrl) {
  EXPECT_EQ(flaw_of_url("https://hidden@mail.test/?from=a@b&to=a@b"),
            "the mail url is neither smtp:// nor smtps://");
  EXPECT_EQ(flaw_of_url("smtps://u:hidden@mail.test:x/"), "the mail url is malformed");
  EXPECT_EQ(flaw_of_url("smtps://u:hidden@mail.test/?to=a@b"),
            "the mail url has no sender: ?from=ADDRESS");
  EXPECT_EQ(flaw_of_url("smtps://u:hidden@mail.test/?from=a@b"),
            "the mail url has no recipient: ?to=ADDRESS");
  for (const std::string address :
       {"a%0D%0ARCPT%20TO:<x@y>@b", "a@b%20c", "nobody", "@b", "a@", "%D0%B0@b"}) {
    EXPECT_EQ(flaw_of_url("smtps://mail.test/?from=a@b&to=" + address),
              "the mail url has a malformed recipient")
        << address;
  }
}

TEST(MailText, IsAsRfc5322WantsIt) {
  MailServer to_two = server();
  to_two.to.emplace_back("other@lectio.test");
  const std::string text = mail_text(to_two,
                                     {.subject = "Lectio: ok",
                                      .body = "жив\nздоров\r\n",
                                      .date = WallTime{std::chrono::seconds{1'790'000'000}}},
                                     "abc");
  EXPECT_THAT(text, StartsWith("Date: Mon, 21 Sep 2026 14:13:20 +0000\r\n"
                               "From: <monitor@lectio.test>\r\n"
                               "To: <owner@lectio.test>,\r\n <other@lectio.test>\r\n"
                               "Message-ID: <abc@lectio.test>\r\n"
                               "Subject: Lectio: ok\r\n"));
  EXPECT_THAT(text, HasSubstr("Content-Type: text/plain; charset=utf-8\r\n"
                              "Content-Transfer-Encoding: base64\r\n\r\n"));
  EXPECT_EQ(from_base64(text.substr(text.find("\r\n\r\n") + 4)), "жив\r\nздоров\r\n");
}

TEST(MailText, NoLineIsLongerThanAllowed) {
  std::string subject;
  for (int i = 0; i < 40; ++i) subject += "жук😀";
  const std::string text =
      mail_text(server(), {.subject = subject, .body = std::string(5000, 'x'), .date = {}}, "a");
  EXPECT_EQ(decoded_subject(text), subject);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find("\r\n", at);
    ASSERT_NE(end, std::string::npos);
    EXPECT_LE(end - at, 76U);
    at = end + 2;
  }
  EXPECT_EQ(text.find('\n', 0), text.find("\r\n") + 1);
}

TEST(MailText, ASubjectIsOneLineAndNothingElse) {
  const auto text = [](const std::string& subject) {
    return mail_text(server(), {.subject = subject, .body = "", .date = {}}, "a");
  };
  EXPECT_EQ(decoded_subject(text("a\r\nBcc: all@lectio.test")), "a  Bcc: all@lectio.test");
  EXPECT_THAT(text("a\r\nBcc: all@lectio.test"), Not(HasSubstr("\nBcc")));
  EXPECT_EQ(decoded_subject(text("=?UTF-8?B?aGk=?=")), "=?UTF-8?B?aGk=?=");
  EXPECT_EQ(decoded_subject(text("\xff!")), "\xef\xbf\xbd!");
}

class SendMail : public ::testing::Test {
 protected:
  Result<void> send(const MailServer& to, const MailSettings& settings = {}) {
    return send_mail(to,
                     {.subject = "🔴 стоит", .body = ".начало\n.\nконец", .date = clock_.wall()},
                     Deadline{clock_, Milliseconds{5000}}, settings);
  }
  MailServer at(int port) {
    MailServer to = server();
    to.port = port;
    return to;
  }

  RealClock clock_;
};

TEST_F(SendMail, ArrivesWhole) {
  SmtpSink sink;
  const auto sent = send(at(sink.port()));
  ASSERT_TRUE(sent.has_value()) << sent.error().message;
  EXPECT_THAT(sink.commands(), HasSubstr("MAIL FROM:<monitor@lectio.test>"));
  EXPECT_THAT(sink.commands(), HasSubstr("RCPT TO:<owner@lectio.test>"));
  EXPECT_EQ(decoded_subject(sink.mail()), "🔴 стоит");
  std::string body = sink.mail().substr(sink.mail().find("\r\n\r\n") + 4);
  ASSERT_THAT(body, EndsWith("\r\n.\r\n"));
  body.resize(body.size() - 5);
  EXPECT_EQ(from_base64(body), ".начало\r\n.\r\nконец");
}

TEST_F(SendMail, ARefusedRecipientIsAnError) {
  SmtpSink sink;
  sink.refuse_recipients();
  const auto sent = send(at(sink.port()));
  ASSERT_FALSE(sent.has_value());
  EXPECT_THAT(sent.error().message, StartsWith("mail by 127.0.0.1: "));
  EXPECT_THAT(sent.error().message, HasSubstr("550"));
  EXPECT_THAT(sink.mail(), IsEmpty());
}

TEST_F(SendMail, ARefusedLoginTellsNeitherUserNorPassword) {
  SmtpSink sink;
  sink.offer_login();
  MailServer to = at(sink.port());
  to.user = "hidden-user";
  to.password = "hidden-password";
  const auto sent = send(to);
  ASSERT_FALSE(sent.has_value());
  EXPECT_EQ(sent.error().kind, ErrorKind::auth);
  EXPECT_THAT(sink.commands(), HasSubstr("AUTH PLAIN"));
  EXPECT_THAT(sent.error().message, Not(HasSubstr("hidden")));
}

TEST_F(SendMail, NobodyThereIsAnErrorOfTheNetwork) {
  const SilentPort nobody;
  const auto sent = send(at(nobody.port()));
  ASSERT_FALSE(sent.has_value());
  EXPECT_EQ(sent.error().kind, ErrorKind::network);
}

TEST_F(SendMail, SilenceEndsInTime) {
  const SilentPort silent;
  silent.listen();
  const auto sent = send(at(silent.port()), {.timeout = Milliseconds{200}});
  ASSERT_FALSE(sent.has_value());
  EXPECT_EQ(sent.error().kind, ErrorKind::timeout);
}

TEST_F(SendMail, WithoutStarttlsNothingIsSaid) {
  SmtpSink sink;
  MailServer to = at(sink.port());
  to.tls = MailTls::starttls;
  const auto sent = send(to);
  ASSERT_FALSE(sent.has_value());
  EXPECT_EQ(sent.error().kind, ErrorKind::tls);
  EXPECT_THAT(sink.commands(), Not(HasSubstr("MAIL FROM")));
}

TEST_F(SendMail, CertificatesAreVerified) {
  const Authority authority;
  SmtpSink sink{authority.issue("localhost")};
  const std::string bundle =
      ::testing::TempDir() + "mail_test." + std::to_string(::getpid()) + ".pem";
  ASSERT_TRUE(write_file_atomically(bundle, authority.pem(), 0600));
  MailServer to = at(sink.port());
  to.tls = MailTls::implicit;
  to.host = "localhost";
  const auto trusted = send(to, {.ca_file = bundle});
  EXPECT_TRUE(trusted.has_value()) << trusted.error().message;
  EXPECT_THAT(sink.mail(), Not(IsEmpty()));
  const auto untrusted = send(to);
  ASSERT_FALSE(untrusted.has_value());
  EXPECT_EQ(untrusted.error().kind, ErrorKind::tls);
  to.host = "127.0.0.1";
  EXPECT_FALSE(send(to, {.ca_file = bundle}).has_value());
  std::filesystem::remove(bundle);
}

}  // namespace
}  // namespace lectio::testing
