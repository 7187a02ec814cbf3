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
  std::string would_send;  // of a dry run
};

std::string missing(const TelegramSettings& telegram) {
  if (telegram.token.empty()) return "ERRORS_BOT_TOKEN";
  return telegram.chat.empty() ? "ERRORS_CHAT_ID" : "";
}

TestResult send(const Config& config, DryRun dry_run, Lang lang, Http& http,
                const Deadline& deadline) {
  const TelegramSettings telegram = delivery_settings(config).telegram;
  TestResult result;
  result.chat = telegram.chat;
  if (const std::string key = missing(telegram); !key.empty()) {
    result.reason = Catalogue::builtin().phrase(
        "test_key_missing", lang, Facts{}.set("key", key).set("config", config.path()));
    return result;
  }
  const std::string text =
      Catalogue::builtin().phrase("test_message", lang, Facts{}.set("host", host_name()));
  if (dry_run == DryRun::on) {
    result.would_send = text;
    return result;
  }
  TelegramMessage message;
  message.text = escaped(text);
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
  fields("would_send", result.would_send);
}

Result<int> send_test_alert(const Config& config, Format format, DryRun dry_run, Lang lang,
                            Http& http, const Deadline& deadline) {
  if (format == Format::prometheus) {
    return fail(ErrorKind::config, "a test message has no metrics: take another --format");
  }
  const TestResult result = send(config, dry_run, lang, http, deadline);
  const bool would_send = !result.would_send.empty();
  std::string text;
  if (format == Format::json) {
    text = to_json_fields(result);
  } else {
    const std::string_view said = result.delivered ? "test_sent" : "test_failed";
    text = Catalogue::builtin().phrase(would_send ? "test_would_send" : said, lang,
                                       Facts{}
                                           .set("message", result.message)
                                           .set("chat", result.chat)
                                           .set("reason", result.reason)
                                           .set("text", result.would_send));
  }
  text += "\n";
  std::fwrite(text.data(), 1, text.size(), stdout);
  return result.delivered || would_send ? 0 : 2;
}

}  // namespace lectio
