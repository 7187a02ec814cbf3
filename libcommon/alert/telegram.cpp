#include "alert/telegram.hpp"

#include <fmt/format.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/ascii.hpp"
#include "check/redactor.hpp"
#include "io/json.hpp"
#include "io/url.hpp"

namespace lectio {
namespace {

using Answer = TelegramAnswer::Kind;
using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

constexpr Milliseconds default_wait{5000};

void put(Writer& writer, const char* name, std::int64_t value) {
  writer.Key(name);
  writer.Int64(value);
}

void put(Writer& writer, const char* name, const std::string& value) {
  writer.Key(name);
  writer.String(value);
}

void put_chat(Writer& writer, const std::string& chat) {
  std::int64_t id = 0;
  const auto read = std::from_chars(chat.data(), chat.data() + chat.size(), id);
  if (read.ec == std::errc{} && read.ptr == chat.data() + chat.size()) {
    put(writer, "chat_id", id);
  } else {
    put(writer, "chat_id", chat);
  }
}

std::string body_of(const std::string& chat, const TelegramMessage& message) {
  rapidjson::StringBuffer buffer;
  Writer writer{buffer};
  writer.StartObject();
  put_chat(writer, chat);
  put(writer, "text", message.text);
  if (message.markup == Markup::html) put(writer, "parse_mode", std::string{"HTML"});
  writer.Key("link_preview_options");
  writer.StartObject();
  writer.Key("is_disabled");
  writer.Bool(true);
  writer.EndObject();
  if (message.edit != 0) {
    put(writer, "message_id", message.edit);
  } else {
    writer.Key("disable_notification");
    writer.Bool(message.silent);
    if (message.topic != 0) put(writer, "message_thread_id", message.topic);
    if (message.reply_to != 0) {
      writer.Key("reply_parameters");
      writer.StartObject();
      put(writer, "message_id", message.reply_to);
      writer.Key("allow_sending_without_reply");
      writer.Bool(true);
      writer.EndObject();
    }
  }
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

std::string url_of(const TelegramSettings& settings, std::string_view method) {
  std::string_view base = settings.api_url;
  while (base.ends_with('/')) base.remove_suffix(1);
  return fmt::format("{}/bot{}/{}", base, settings.token, method);
}

const JsonValue* member(const JsonValue* object, const char* name) {
  if (object == nullptr || !object->IsObject()) return nullptr;
  const auto found = object->FindMember(name);
  return found == object->MemberEnd() ? nullptr : &found->value;
}

std::optional<std::int64_t> number_member(const JsonValue* object, const char* name) {
  const JsonValue* const value = member(object, name);
  if (value == nullptr || !value->IsInt64()) return std::nullopt;
  return value->GetInt64();
}

Milliseconds seconds_to_wait(std::optional<std::int64_t> seconds) {
  constexpr std::int64_t longest = 86'400;
  if (!seconds || *seconds <= 0) return default_wait;
  return std::chrono::seconds{std::min(*seconds, longest)};
}

// What the words of a 400 say of this message. Words can change: what is not known here is
// refused.
Answer kind_of_words(std::string_view description, const TelegramMessage& message) {
  const std::string words = lower(description);
  const auto say = [&](std::string_view part) { return words.find(part) != std::string::npos; };
  if (message.edit != 0 && say("not modified")) return Answer::done;
  if (say("too long") || say("too_long")) return Answer::too_long;
  if (message.topic != 0 && (say("thread not found") || say("topic"))) return Answer::no_topic;
  if (message.reply_to != 0 &&
      (say("to be replied") || say("reply message") || say("replied message") || say("to reply"))) {
    return Answer::no_target;
  }
  if (message.edit != 0 && (say("message to edit") || say("can't be edited") ||
                            say("message_id_invalid") || say("message not found"))) {
    return Answer::no_target;
  }
  if (message.markup == Markup::html && (say("can't parse") || say("entit"))) {
    return Answer::bad_markup;
  }
  return Answer::refused;
}

void read_error(const JsonValue& json, int status, const TelegramMessage& message,
                TelegramAnswer& answer) {
  const JsonValue* const parameters = member(&json, "parameters");
  if (const auto chat = number_member(parameters, "migrate_to_chat_id")) {
    answer.kind = Answer::migrated;
    answer.chat = std::to_string(*chat);
    return;
  }
  const auto retry_after = number_member(parameters, "retry_after");
  if (retry_after || status == 429) {
    answer.kind = Answer::wait;
    answer.retry_after = seconds_to_wait(retry_after);
    return;
  }
  if (status == 413) {
    answer.kind = Answer::too_long;
  } else if (status == 400) {
    const JsonValue* const words = member(&json, "description");
    answer.kind = kind_of_words(
        words != nullptr && words->IsString() ? std::string{as_text(*words)} : "", message);
    if (answer.kind == Answer::done) answer.message_id = message.edit;
  } else {
    // 408: it was slow to hear us.
    answer.kind =
        status >= 400 && status < 500 && status != 408 ? Answer::refused : Answer::unavailable;
  }
}

std::string host_of(const std::string& url) {
  const auto parts = parse_url(url);
  return parts ? parts->host : "TELEGRAM_API_URL";
}

// The token, and what a proxy's url carries: libcurl quotes one that it cannot use.
Redactor secrets_of(const TelegramSettings& settings) {
  Redactor redactor;
  redactor.add_secret(settings.token);
  redactor.add_secret(settings.proxy);
  const std::size_t at = settings.proxy.rfind('@');
  if (at == std::string::npos) return redactor;
  const std::size_t scheme = settings.proxy.find("://");
  const std::size_t begin = scheme == std::string::npos ? 0 : scheme + 3;
  const std::string user = settings.proxy.substr(begin, at - begin);
  redactor.add_secret(user);
  if (const std::size_t colon = user.find(':'); colon != std::string::npos) {
    redactor.add_secret(std::string_view{user}.substr(colon + 1));
  }
  return redactor;
}

TelegramAnswer judge(const HttpResponse& response, const TelegramSettings& settings,
                     const TelegramMessage& message) {
  const Redactor redactor = secrets_of(settings);
  const std::string host = host_of(settings.api_url);
  TelegramAnswer answer;
  if (response.error != HttpError::none || response.status == 0) {
    if (response.error == HttpError::bad_url) {
      answer.kind = Answer::refused;
      answer.reason = "TELEGRAM_API_URL or the bot's token is malformed";
    } else {
      answer.reason = redactor.clean(
          fmt::format("{}: {} ({})", host, to_string(response.error), response.error_text));
    }
    return answer;
  }
  const auto json = parse_json(response.body);
  const JsonValue* const ok = json ? member(&*json, "ok") : nullptr;
  if (ok == nullptr || !ok->IsBool()) {
    answer.reason =
        fmt::format("{}: status {}, not an answer of the Bot API", host, response.status);
    return answer;
  }
  if (ok->GetBool()) {
    answer.kind = Answer::done;
    answer.message_id =
        number_member(member(&*json, "result"), "message_id").value_or(message.edit);
    return answer;
  }
  const int status = response.status >= 400
                         ? response.status
                         : static_cast<int>(number_member(&*json, "error_code").value_or(0));
  read_error(*json, status, message, answer);
  const JsonValue* const words = member(&*json, "description");
  answer.reason = redactor.clean(
      fmt::format("{}: {} {}", host, status,
                  words != nullptr && words->IsString() ? as_text(*words) : "without a word"));
  return answer;
}

}  // namespace

TelegramAnswer Telegram::send(const std::string& chat, const TelegramMessage& message,
                              const Deadline& deadline) {
  return call(message.edit != 0 ? "editMessageText" : "sendMessage", body_of(chat, message),
              message, deadline);
}

TelegramAnswer Telegram::look_up(const std::string& chat, const Deadline& deadline) {
  rapidjson::StringBuffer buffer;
  Writer writer{buffer};
  writer.StartObject();
  put_chat(writer, chat);
  writer.EndObject();
  return call("getChat", {buffer.GetString(), buffer.GetSize()}, {}, deadline);
}

TelegramAnswer Telegram::call(std::string_view method, std::string body,
                              const TelegramMessage& message, const Deadline& deadline) {
  HttpRequest request;
  request.method = "POST";
  request.url = url_of(settings_, method);
  request.headers.emplace_back("Content-Type", "application/json");
  request.body = std::move(body);
  request.total_timeout = std::min(settings_.timeout, deadline.left());
  request.connect_timeout = std::min(request.connect_timeout, request.total_timeout);
  request.max_body = 65536;
  request.keep_body = 65536;
  request.retries = 2;
  request.ip = settings_.ip;
  request.proxy = settings_.proxy;
  return judge(fetch(http_, deadline, std::move(request)), settings_, message);
}

}  // namespace lectio
