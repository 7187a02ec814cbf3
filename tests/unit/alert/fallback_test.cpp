#include "alert/fallback.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/stepping_clock.hpp"
#include "io/scripted_http.hpp"
#include "io/smtp_sink.hpp"

namespace lectio {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class FallbackTest : public ::testing::Test {
 protected:
  Result<void> send(const std::string& url, const std::string& text = "🔴 стоит\nс 12:05") {
    return send_fallback(url, text, http_, clock_, Deadline{clock_, Milliseconds{20'000}});
  }

  ScriptedHttp http_;
  SteppingClock clock_;
};

TEST_F(FallbackTest, APingOfFailureCarriesTheText) {
  http_.answer("https://hc.test/hidden/fail", 200, "OK");
  EXPECT_TRUE(send("https://hc.test/hidden").has_value());
  ASSERT_THAT(http_.asked, SizeIs(1));
  EXPECT_EQ(http_.asked[0].body, "🔴 стоит\nс 12:05");
}

TEST_F(FallbackTest, APingIsCutBetweenCharacters) {
  http_.answer("https://hc.test/hidden/fail", 200, "OK");
  std::string text = "x";
  for (int i = 0; i < 6000; ++i) text += "ж";
  EXPECT_TRUE(send("https://hc.test/hidden", text).has_value());
  EXPECT_EQ(http_.asked[0].body, text.substr(0, 9999));
}

TEST_F(FallbackTest, TheAnswersBodyCounts) {
  http_.answer("https://hc.test/hidden/fail", 200, "OK (not found)");
  const auto sent = send("https://hc.test/hidden");
  ASSERT_FALSE(sent.has_value());
  EXPECT_EQ(sent.error().message, "hc.test: ping_unknown_check 200");
}

TEST_F(FallbackTest, NoAnswerIsToldWithTheHostOnly) {
  const auto sent = send("https://hc.test/hidden");
  ASSERT_FALSE(sent.has_value());
  EXPECT_EQ(sent.error().message, "hc.test: ping_failed dns no answer was scripted");
}

TEST_F(FallbackTest, AMailHasTheFirstLineAsItsSubject) {
  testing::SmtpSink sink;
  const auto sent =
      send(fmt::format("smtp://127.0.0.1:{}/?from=a@b&to=c@d", sink.port()), "up\nagain");
  ASSERT_TRUE(sent.has_value()) << sent.error().message;
  EXPECT_THAT(sink.mail(), HasSubstr("\r\nSubject: up\r\n"));
  EXPECT_THAT(sink.mail(), HasSubstr("\r\ndXANCmFnYWluDQo=\r\n"));
}

TEST_F(FallbackTest, AnAddressOfNoUseIsNamedByItsKey) {
  for (const std::string url : {"ftp://hidden", "hidden", "smtps://u:hidden@mail.test/"}) {
    const auto sent = send(url);
    ASSERT_FALSE(sent.has_value());
    EXPECT_EQ(sent.error().kind, ErrorKind::config);
    EXPECT_THAT(sent.error().message, HasSubstr("ALERT_FALLBACK_URL"));
    EXPECT_THAT(sent.error().message, Not(HasSubstr("hidden")));
  }
}

}  // namespace
}  // namespace lectio
