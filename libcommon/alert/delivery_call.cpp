#include "alert/delivery_call.hpp"

#include <fmt/format.h>

#include <utility>

#include "alert/html.hpp"
#include "alert/message.hpp"

namespace lectio {
namespace {

constexpr std::size_t short_enough = 4000;

TelegramMessage message_of(const PlannedCall& call, const CallTarget& target,
                           const TelegramSettings& settings) {
  TelegramMessage message{.text = call.text, .silent = !call.loud};
  const bool of_live =
      call.kind == PlannedCall::Kind::edit || call.kind == PlannedCall::Kind::reply;
  if (call.kind == PlannedCall::Kind::edit) message.edit = target.message;
  if (call.kind == PlannedCall::Kind::reply) message.reply_to = target.message;
  if (of_live && target.message != 0) {
    message.topic = target.topic;
  } else if (const auto topic = settings.topics.find(call.tier); topic != settings.topics.end()) {
    message.topic = topic->second;
  }
  return message;
}

void as_plain(TelegramMessage& message) {
  if (message.markup == Markup::plain) return;
  message.text = plain_text(message.text);
  message.markup = Markup::plain;
}

// False: there is no other way to say it.
bool say_otherwise(TelegramMessage& message, TelegramAnswer::Kind why,
                   std::vector<std::string>& notes) {
  switch (why) {
    case TelegramAnswer::Kind::bad_markup:
      if (message.markup == Markup::plain) return false;
      as_plain(message);
      notes.emplace_back("Telegram could not parse a message: sent as plain text");
      return true;
    case TelegramAnswer::Kind::no_topic:
      notes.push_back(
          fmt::format("the chat has no topic {} (any more): sent without one", message.topic));
      return std::exchange(message.topic, 0) != 0;
    case TelegramAnswer::Kind::no_target:
      return std::exchange(message.edit, 0) + std::exchange(message.reply_to, 0) != 0;
    case TelegramAnswer::Kind::too_long: {
      as_plain(message);
      std::string text = cut_to_units(message.text, short_enough);
      const bool shorter = text != message.text;
      message.text = std::move(text);
      notes.emplace_back("a message was too long for Telegram: shortened");
      return shorter;
    }
    default:
      return false;
  }
}

bool is_final(TelegramAnswer::Kind kind) {
  using enum TelegramAnswer::Kind;
  return kind == done || kind == wait || kind == migrated || kind == refused || kind == unavailable;
}

}  // namespace

CallResult make_call(const PlannedCall& call, const CallTarget& target,
                     const TelegramSettings& settings, Http& http, const Deadline& deadline,
                     std::vector<std::string>& notes) {
  constexpr int most_ways = 6;
  Telegram telegram{settings, http};
  TelegramMessage message = message_of(call, target, settings);
  CallResult result;
  for (int way = 0; way < most_ways; ++way) {
    result.answer = telegram.send(target.chat, message, deadline);
    if (is_final(result.answer.kind)) break;
    if (!say_otherwise(message, result.answer.kind, notes)) break;
  }
  if (!is_final(result.answer.kind)) result.answer.kind = TelegramAnswer::Kind::refused;
  result.topic = message.topic;
  return result;
}

}  // namespace lectio
