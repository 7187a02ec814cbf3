// The Bot API: one call, and what its answer asks for.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "alert/notice.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "io/http.hpp"

namespace lectio {

struct TelegramSettings {
  std::string api_url = "https://api.telegram.org";
  std::string token;                    // secret: part of every url
  std::string chat;                     // id (negative: group) or @channel
  std::map<Tier, std::int64_t> topics;  // message_thread_id; a tier without one: no topic
  std::string proxy;                    // libcurl proxy url
  IpVersion ip = IpVersion::any;
  Milliseconds timeout{5000};  // of one call
};

enum class Markup { html, plain };

struct TelegramMessage {
  std::string text;  // Telegram HTML, or plain
  Markup markup = Markup::html;
  bool silent = false;
  std::int64_t topic = 0;     // 0: none
  std::int64_t reply_to = 0;  // message id; 0: none
  std::int64_t edit = 0;      // message id that gets this text; 0: a new message
};

struct TelegramAnswer {
  enum class Kind {
    done,        // also an edit that changed nothing
    wait,        // not before `retry_after`
    migrated,    // the chat is now `chat`
    bad_markup,  // as plain text it may go
    no_topic,    // without the topic it may go
    no_target,   // the message to reply to or to edit is gone
    too_long,
    refused,      // never, as things are: token, chat, rights
    unavailable,  // no answer, 5xx: may have been taken, may go later
  } kind = Kind::unavailable;
  std::int64_t message_id = 0;
  Milliseconds retry_after{0};
  std::string chat;
  std::string reason;  // for a person, without secrets
};

class Telegram {
 public:
  Telegram(TelegramSettings settings, Http& http) : settings_(std::move(settings)), http_(http) {}

  TelegramAnswer send(const std::string& chat, const TelegramMessage& message,
                      const Deadline& deadline);
  // Whether the token and the chat are good, without a message.
  TelegramAnswer look_up(const std::string& chat, const Deadline& deadline);

 private:
  TelegramAnswer call(std::string_view method, std::string body, const TelegramMessage& message,
                      const Deadline& deadline);

  TelegramSettings settings_;
  Http& http_;
};

}  // namespace lectio
