#include "tool/test_alert.hpp"

#include <cstdio>

#include "alert/catalogue.hpp"
#include "alert/html.hpp"
#include "alert/telegram.hpp"
#include "io/json_fields.hpp"
#include "tool/alerting.hpp"
#include "tool/output.hpp"

namespace lectio {
namespace {

struct TestResult {
  bool delivered = false;
  std::string chat;
  std::int64_t message = 0;
  std::string reason;
};

std::string missing(const TelegramSettings& telegram) {
  if (telegram.token.empty()) return "ERRORS_BOT_TOKEN";
  return telegram.chat.empty() ? "ERRORS_CHAT_ID" : "";
}

TestResult send(const Config& config, Lang lang, Http& http, const Deadline& deadline) {
  const TelegramSettings telegram = delivery_settings(config).telegram;
  TestResult result;
  result.chat = telegram.chat;
  if (const std::string key = missing(telegram); !key.empty()) {
    result.reason = Catalogue::builtin().phrase(
        "test_key_missing", lang, Facts{}.set("key", key).set("config", config.path()));
    return result;
  }
  TelegramMessage message;
  message.text =
      escaped(Catalogue::builtin().phrase("test_message", lang, Facts{}.set("host", host_name())));
  if (const auto topic = telegram.topics.find(Tier::info); topic != telegram.topics.end()) {
    message.topic = topic->second;
  }
  TelegramAnswer answer = Telegram{telegram, http}.send(result.chat, message, deadline);
  if (answer.kind == TelegramAnswer::Kind::migrated) {
    result.chat = answer.chat;
    answer = Telegram{telegram, http}.send(result.chat, message, deadline);
  }
  result.delivered = answer.kind == TelegramAnswer::Kind::done;
  result.message = answer.message_id;
  result.reason = result.delivered ? "" : answer.reason;
  return result;
}

}  // namespace

template <class Fields>
void describe(Fields& fields, TestResult& result) {
  fields("delivered", result.delivered);
  fields("chat", result.chat);
  fields("message", result.message);
  fields("reason", result.reason);
}

Result<int> send_test_alert(const Config& config, Format format, Lang lang, Http& http,
                            const Deadline& deadline) {
  if (format == Format::prometheus) {
    return fail(ErrorKind::config, "a test message has no metrics: take another --format");
  }
  const TestResult result = send(config, lang, http, deadline);
  std::string text;
  if (format == Format::json) {
    text = to_json_fields(result);
  } else {
    text = Catalogue::builtin().phrase(result.delivered ? "test_sent" : "test_failed", lang,
                                       Facts{}
                                           .set("message", result.message)
                                           .set("chat", result.chat)
                                           .set("reason", result.reason));
  }
  text += "\n";
  std::fwrite(text.data(), 1, text.size(), stdout);
  return result.delivered ? 0 : 2;
}

}  // namespace lectio
