#include <unistd.h>

#include <cstdlib>
#include <string_view>
#include <vector>

#include "alert/suppression.hpp"
#include "alerts/commands.hpp"
#include "alerts/known_checks.hpp"
#include "io/json_fields.hpp"
#include "site/config.hpp"
#include "tool/alerting.hpp"

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
  bool still_muted = false;  // by a wider mute or the configuration
};

template <class Fields>
void describe(Fields& fields, UnmuteAnswer& answer) {
  fields("was_muted", answer.was_muted);
  fields("still_muted", answer.still_muted);
}

// What goes on muting `check` (empty: all), and what to do about it: a line each.
std::vector<std::string> what_still_mutes(const Desk& desk, const Book& book, const Now& now,
                                          const std::string& check) {
  Act& act = desk.act();
  const Wording words = desk.wording(now);
  std::vector<std::string> lines;
  for (const Mute& mute : book.mutes) {
    if (mute.until <= now.tick || check.empty() || !covers(mute.check, check)) continue;
    Facts facts;
    facts.set("until", words.time(mute.until)).set("reason", mute.reason).set("check", mute.check);
    lines.push_back(desk.phrase("mute_left", facts));
  }
  const Surroundings around = look_around(act.config, act.clock, act.clock.boot(), act.notes);
  if (around.muted_by_config) {
    lines.push_back(desk.phrase("mute_left_config", Facts{}.set("config", act.config.path())));
  }
  if (const auto end = end_of_mute_file(book, around, now)) {
    Facts facts;
    facts.set("until", words.time(*end)).set("path", act.config.text("ALERTS_MUTE_FILE"));
    lines.push_back(desk.phrase("mute_left_file", facts));
  }
  return lines;
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
  const auto known = desk.book();
  if (!known) return std::unexpected(known.error());
  if (!asked.check.empty()) {
    const auto checked = require_known_check(asked.check, *known, desk.act().config);
    if (!checked) return std::unexpected(checked.error());
  }
  MuteAnswer answer{asked.check, asked.reason, {}};
  Now at = desk.now(*known);
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
  const bool is_dry = desk.act().dry_run == DryRun::on;
  if (!is_dry) {
    if (auto changed = desk.change(change); !changed) return std::unexpected(changed.error());
  }
  answer.until = at.wall + *time;
  if (desk.as_json()) {
    desk.say(to_json_fields(answer));
  } else {
    Facts facts;
    facts.set("until", desk.wording(at).time(at.tick + *time)).set("check", asked.check);
    desk.say(desk.phrase(is_dry ? "mute_would_set" : "mute_set", facts));
  }
  return 0;
}

Result<int> unmute(const Desk& desk, const Asked& asked) {
  UnmuteAnswer answer;
  Book left;
  Now at;
  const auto change = [&](Book book, const Now& now) {
    answer.was_muted = end_mute(book, asked.check, now);
    left = book;
    at = now;
    return BookChange{std::move(book), {}, {}};
  };
  const bool is_dry = desk.act().dry_run == DryRun::on;
  if (is_dry) {
    auto book = desk.book();
    if (!book) return std::unexpected(book.error());
    const Now now = desk.now(*book);
    change(std::move(*book), now);
  } else if (auto changed = desk.change(change); !changed) {
    return std::unexpected(changed.error());
  }
  const std::vector<std::string> lines = what_still_mutes(desk, left, at, asked.check);
  answer.still_muted = !lines.empty();
  if (desk.as_json()) {
    desk.say(to_json_fields(answer));
  } else if (answer.was_muted) {
    const std::string_view over = answer.still_muted ? "mute_over_one" : "mute_over";
    desk.say(desk.phrase(is_dry ? "mute_would_end" : over));
  } else if (!answer.still_muted) {
    desk.say(desk.phrase("mute_none"));
  }
  if (!desk.as_json()) {
    for (const std::string& line : lines) desk.say(line);
  }
  return answer.still_muted ? 1 : 0;
}

}  // namespace lectio
