#include "alert/telegram.hpp"

#include <gmock/gmock.h>

#include "base/stepping_clock.hpp"
#include "io/http_fixture.hpp"
#include "io/json.hpp"
#include "io/scripted_http.hpp"

namespace lectio {
namespace {

using Kind = TelegramAnswer::Kind;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

constexpr auto token = "123:secret-AAE";
const std::string send_url = "https://api.telegram.org/bot123:secret-AAE/sendMessage";
const std::string edit_url = "https://api.telegram.org/bot123:secret-AAE/editMessageText";

std::string error(int code, const std::string& words, const std::string& parameters = "") {
  return R"({"ok":false,"error_code":)" + std::to_string(code) + R"(,"description":")" + words +
         "\"" + (parameters.empty() ? "" : ",\"parameters\":" + parameters) + "}";
}

class TelegramTest : public ::testing::Test {
 protected:
  TelegramTest() { settings_.token = token; }

  TelegramAnswer send(const TelegramMessage& message, const std::string& chat = "-1001557912345") {
    return Telegram{settings_, http_}.send(chat, message, Deadline{clock_, budget_});
  }
  // What a message with every option makes of this answer.
  TelegramAnswer judged(int status, const std::string& body, const TelegramMessage& message) {
    http_ = {};
    http_.answer(message.edit != 0 ? edit_url : send_url, status, body);
    return send(message);
  }
  TelegramAnswer judged(int status, const std::string& body) {
    return judged(status, body, {.text = "x", .topic = 5, .reply_to = 6});
  }

  TelegramSettings settings_;
  ScriptedHttp http_;
  SteppingClock clock_;
  Milliseconds budget_{10'000};
};

TEST_F(TelegramTest, AMessageSaysAllItsOptions) {
  http_.answer(send_url, 200, R"({"ok":true,"result":{"message_id":123}})");
  const auto answer = send({.text = "<b>\"x\"</b>\n", .silent = true, .topic = 5, .reply_to = 6});
  EXPECT_EQ(answer.kind, Kind::done);
  EXPECT_EQ(answer.message_id, 123);
  ASSERT_THAT(http_.asked, SizeIs(1));
  EXPECT_EQ(http_.asked[0].method, "POST");
  EXPECT_EQ(http_.asked[0].body,
            R"({"chat_id":-1001557912345,"text":"<b>\"x\"</b>\n","parse_mode":"HTML",)"
            R"("link_preview_options":{"is_disabled":true},"disable_notification":true,)"
            R"("message_thread_id":5,)"
            R"("reply_parameters":{"message_id":6,"allow_sending_without_reply":true}})");
}

TEST_F(TelegramTest, AnEditHasNoSoundAndNoTarget) {
  http_.answer(edit_url, 200, R"({"ok":true,"result":{"message_id":9}})");
  EXPECT_EQ(send({.text = "x", .markup = Markup::plain, .topic = 5, .edit = 9}, "@lectio").kind,
            Kind::done);
  EXPECT_EQ(http_.asked[0].body,
            R"({"chat_id":"@lectio","text":"x","link_preview_options":{"is_disabled":true},)"
            R"("message_id":9})");
}

TEST_F(TelegramTest, GoesTheConfiguredWayWithinItsTime) {
  settings_.api_url = "http://127.0.0.1:8081/";
  settings_.proxy = "socks5h://proxy.test:1080";
  settings_.ip = IpVersion::v4;
  budget_ = Milliseconds{3000};
  send({.text = "x"});
  ASSERT_THAT(http_.asked, SizeIs(1));
  EXPECT_EQ(http_.asked[0].url, "http://127.0.0.1:8081/bot123:secret-AAE/sendMessage");
  EXPECT_EQ(http_.asked[0].proxy, settings_.proxy);
  EXPECT_EQ(http_.asked[0].ip, IpVersion::v4);
  EXPECT_EQ(http_.asked[0].total_timeout, Milliseconds{3000});
  EXPECT_FALSE(http_.asked[0].follow_redirects);
  budget_ = Milliseconds{60'000};
  send({.text = "x"});
  EXPECT_EQ(http_.asked[1].total_timeout, settings_.timeout);
}

TEST_F(TelegramTest, FloodIsWaitedFor) {
  auto answer =
      judged(429, error(429, "Too Many Requests: retry after 34", R"({"retry_after":34})"));
  EXPECT_EQ(answer.kind, Kind::wait);
  EXPECT_EQ(answer.retry_after, Milliseconds{34'000});
  EXPECT_EQ(judged(429, error(429, "Too Many Requests")).retry_after, Milliseconds{5000});
  EXPECT_EQ(judged(429, error(429, "x", R"({"retry_after":-3})")).retry_after, Milliseconds{5000});
  EXPECT_EQ(judged(429, error(429, "x", R"({"retry_after":999999999})")).retry_after,
            Milliseconds{86'400'000});
  // The number may change: the parameter counts.
  EXPECT_EQ(judged(420, error(420, "FLOOD_WAIT", R"({"retry_after":3})")).kind, Kind::wait);
}

TEST_F(TelegramTest, AChatThatMovedIsNamed) {
  const auto answer =
      judged(400, error(400, "Bad Request: group chat was upgraded to a supergroup chat",
                        R"({"migrate_to_chat_id":-1001557912345})"));
  EXPECT_EQ(answer.kind, Kind::migrated);
  EXPECT_EQ(answer.chat, "-1001557912345");
}

TEST_F(TelegramTest, WhatA400AsksFor) {
  const auto kind = [this](const std::string& words) {
    return judged(400, error(400, "Bad Request: " + words)).kind;
  };
  EXPECT_EQ(kind("can't parse entities: Unsupported start tag \\\"\\\" at byte offset 91"),
            Kind::bad_markup);
  EXPECT_EQ(kind("Can't find end of the entity starting at byte offset 8"), Kind::bad_markup);
  EXPECT_EQ(kind("message is too long"), Kind::too_long);
  EXPECT_EQ(kind("MESSAGE_TOO_LONG"), Kind::too_long);
  EXPECT_EQ(kind("message thread not found"), Kind::no_topic);
  EXPECT_EQ(kind("TOPIC_DELETED"), Kind::no_topic);
  EXPECT_EQ(kind("TOPIC_CLOSED"), Kind::no_topic);
  EXPECT_EQ(kind("message to be replied not found"), Kind::no_target);
  EXPECT_EQ(kind("chat not found"), Kind::refused);
  EXPECT_EQ(kind("message text is empty"), Kind::refused);
  EXPECT_EQ(kind("something new"), Kind::refused);
}

TEST_F(TelegramTest, WhatAnEditHears) {
  const auto kind = [this](const std::string& words) {
    return judged(400, error(400, "Bad Request: " + words), {.text = "x", .edit = 9}).kind;
  };
  EXPECT_EQ(kind("message to edit not found"), Kind::no_target);
  EXPECT_EQ(kind("message can't be edited"), Kind::no_target);
  EXPECT_EQ(kind("MESSAGE_ID_INVALID"), Kind::no_target);
  const auto same = judged(400,
                           error(400,
                                 "Bad Request: message is not modified: specified new message "
                                 "content and reply markup are exactly the same"),
                           {.text = "x", .edit = 9});
  EXPECT_EQ(same.kind, Kind::done);
  EXPECT_EQ(same.message_id, 9);
}

TEST_F(TelegramTest, WhatCannotBeLeftAwayIsRefused) {
  const auto kind = [this](const std::string& words, Markup markup) {
    return judged(400, error(400, words), {.text = "x", .markup = markup}).kind;
  };
  EXPECT_EQ(kind("message thread not found", Markup::html), Kind::refused);
  EXPECT_EQ(kind("TOPIC_CLOSED", Markup::html), Kind::refused);
  EXPECT_EQ(kind("message to be replied not found", Markup::html), Kind::refused);
  EXPECT_EQ(kind("can't parse entities", Markup::plain), Kind::refused);
}

TEST_F(TelegramTest, SomeRefusalsAreForGood) {
  for (const auto& [status, words] : {std::pair{401, "Unauthorized"}, std::pair{404, "Not Found"},
                                      std::pair{403, "Forbidden: bot was blocked by the user"}}) {
    const auto answer = judged(status, error(status, words));
    EXPECT_EQ(answer.kind, Kind::refused);
    EXPECT_EQ(answer.reason, "api.telegram.org: " + std::to_string(status) + " " + words);
  }
}

TEST_F(TelegramTest, WhoIsNotTheBotApiIsNotHeard) {
  for (const int status : {200, 301, 401, 403, 404, 429, 502}) {
    const auto answer = judged(status, "<html><h1>Blocked</h1></html>");
    EXPECT_EQ(answer.kind, Kind::unavailable) << status;
    EXPECT_THAT(answer.reason, HasSubstr("status " + std::to_string(status)));
  }
  for (const std::string body : {"", "[]", "{}", "{\"ok\":1}", "null"}) {
    EXPECT_EQ(judged(200, body).kind, Kind::unavailable) << body;
  }
  EXPECT_EQ(judged(500, error(500, "Internal Server Error")).kind, Kind::unavailable);
  EXPECT_EQ(judged(502, error(502, "Bad Gateway")).kind, Kind::unavailable);
}

TEST_F(TelegramTest, NoAnswerMayBeAnsweredLater) {
  for (const HttpError broken : {HttpError::dns, HttpError::refused, HttpError::timeout,
                                 HttpError::tls_untrusted, HttpError::truncated}) {
    http_ = {};
    http_.break_down(send_url, broken);
    const auto answer = send({.text = "x"});
    EXPECT_EQ(answer.kind, Kind::unavailable);
    EXPECT_EQ(answer.reason,
              "api.telegram.org: " + std::string{to_string(broken)} + " (broken by the test)");
    EXPECT_THAT(http_.asked, SizeIs(1));
  }
  http_ = {};
  http_.break_down(send_url, HttpError::bad_url);
  EXPECT_EQ(send({.text = "x"}).kind, Kind::refused);
}

TEST_F(TelegramTest, ServersMayQuoteTheTokenButNoReasonDoes) {
  const auto answer = judged(404, error(404, "Not Found: /bot123:secret-AAE/sendMessage"));
  EXPECT_THAT(answer.reason, Not(HasSubstr("secret")));
  EXPECT_THAT(answer.reason, HasSubstr("Not Found"));
}

// The real engine, for libcurl has its own words.
TEST_F(TelegramTest, NoFailureOfTheNetworkNamesTheTokenOrTheProxysPassword) {
  const testing::SilentPort nobody;
  testing::RealClock clock;
  const auto http = make_http(clock, {});
  for (const std::string& api : {nobody.url(""), std::string{"https://nowhere.invalid"}}) {
    for (const std::string& proxy : {std::string{}, std::string{"socks9://me:hidden@proxy.test:1"},
                                     "http://me:hidden@127.0.0.1:" + std::to_string(nobody.port()),
                                     std::string{"http://me:hidden@[::x]:99999999"}}) {
      TelegramSettings settings{
          .api_url = api, .token = token, .chat = "1", .topics = {}, .proxy = proxy};
      settings.timeout = Milliseconds{300};
      const auto answer =
          Telegram{settings, *http}.send("1", {.text = "x"}, Deadline{clock, Milliseconds{900}});
      EXPECT_NE(answer.kind, Kind::done);
      EXPECT_THAT(answer.reason, Not(::testing::IsEmpty()));
      EXPECT_THAT(answer.reason, Not(HasSubstr("secret"))) << api << " " << proxy;
      EXPECT_THAT(answer.reason, Not(HasSubstr("hidden"))) << api << " " << proxy;
    }
  }
}

}  // namespace
}  // namespace lectio
