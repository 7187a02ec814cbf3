#include <unistd.h>

#include <cstdlib>

#include "alerts/commands.hpp"
#include "io/json_fields.hpp"
#include "site/config.hpp"

namespace lectio {
namespace {

struct MuteAnswer {
  std::string check;
  std::string reason;
  WallTime until{};
};

template <class Fields>
void describe(Fields& fields, MuteAnswer& answer) {
  fields("check", answer.check);
  fields("reason", answer.reason);
  fields("until_ms", answer.until);
}

struct UnmuteAnswer {
  bool was_muted = false;
};

template <class Fields>
void describe(Fields& fields, UnmuteAnswer& answer) {
  fields("was_muted", answer.was_muted);
}

std::string whoever_asks() {
  const char* const sudo = std::getenv("SUDO_USER");
  if (sudo != nullptr) return sudo;
  const char* const user = std::getenv("LOGNAME");
  return user == nullptr ? "" : user;
}

}  // namespace

Result<int> mute(const Desk& desk, const Asked& asked) {
  const auto time = parse_duration(asked.duration);
  if (!time || time->count() == 0 || *time > longest_mute) {
    return fail(ErrorKind::config,
                "mute: \"" + asked.duration + "\" is not a time such as 30m or 2h, at most 24h");
  }
  MuteAnswer answer{asked.check, asked.reason, {}};
  Now at;
  const auto change = [&](Book book, const Now& now) {
    at = now;
    Mute mute;
    mute.check = asked.check;
    mute.reason = asked.reason;
    mute.who = whoever_asks();
    mute.no_repair = asked.no_repair;
    mute.since = now.tick;
    mute.until = now.tick + *time;
    add_mute(book, std::move(mute));
    return BookChange{std::move(book), {}, {}};
  };
  if (desk.act().dry_run == DryRun::on) {
    const auto book = desk.book();
    if (!book) return std::unexpected(book.error());
    at = desk.now(*book);
  } else if (auto changed = desk.change(change); !changed) {
    return std::unexpected(changed.error());
  }
  answer.until = at.wall + *time;
  if (desk.as_json()) {
    desk.say(to_json_fields(answer));
  } else {
    Facts facts;
    facts.set("until", desk.wording(at).time(at.tick + *time)).set("check", asked.check);
    desk.say(desk.phrase("mute_set", facts));
  }
  return 0;
}

Result<int> unmute(const Desk& desk, const Asked& asked) {
  UnmuteAnswer answer;
  const auto change = [&](Book book, const Now& now) {
    answer.was_muted = end_mute(book, asked.check, now);
    return BookChange{std::move(book), {}, {}};
  };
  if (desk.act().dry_run == DryRun::off) {
    if (auto changed = desk.change(change); !changed) return std::unexpected(changed.error());
  }
  if (desk.as_json()) {
    desk.say(to_json_fields(answer));
  } else {
    desk.say(desk.phrase(answer.was_muted ? "mute_over" : "mute_none"));
  }
  return 0;
}

}  // namespace lectio
