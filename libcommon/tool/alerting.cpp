#include "tool/alerting.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <utility>

#include "alert/alert_path.hpp"
#include "alert/book_keeping.hpp"
#include "alert/catalogue.hpp"
#include "alert/outbox.hpp"
#include "io/file.hpp"
#include "io/procfs.hpp"
#include "site/deploy_marker.hpp"
#include "tool/output.hpp"

namespace lectio {
namespace {

// Beside RUN_DIR: what is made in that looks like the end of a deploy.
std::string fallback_directory(const Config& config) { return config.text("RUN_DIR") + ".alerts"; }

BookPlaces second_place(const Config& config) {
  return {fallback_directory(config), config.text("STATE_DIR"), false};
}

std::optional<MarkerSeen> marker_seen(const Config& config, Clock& clock,
                                      std::vector<std::string>& notes) {
  const auto marker = read_deploy_marker(config.text("RUN_DIR"));
  if (!marker) notes.push_back(marker.error().message);
  if (!marker || !*marker) return std::nullopt;
  MarkerSeen seen;
  seen.identity = (*marker)->identity;
  seen.age = std::chrono::duration_cast<Milliseconds>(clock.wall() - (*marker)->touched);
  seen.alive = (*marker)->alive;
  seen.label = (*marker)->what;
  if (!(*marker)->who.empty()) seen.label += fmt::format(" ({})", (*marker)->who);
  // Of a bare file only its time is known.
  if (seen.label.empty()) {
    seen.label = time_text((*marker)->since, clock.wall(), message_style(config));
  }
  return seen;
}

Problem event_of(Observation seen) {
  Problem event;
  event.id = std::move(seen.id);
  event.severity = seen.severity;
  event.status = seen.status;
  event.code = std::move(seen.code);
  event.explained_by = std::move(seen.explained_by);
  event.times = seen.times;
  event.texts = std::move(seen.texts);
  return event;
}

// The old suite's file: Unix seconds, and nothing that is in the past.
std::optional<Milliseconds> mute_file(const Config& config, Clock& clock,
                                      std::vector<std::string>& notes) {
  const std::string path = config.text("ALERTS_MUTE_FILE");
  const auto text = read_file_if_any(path, 64);
  if (!text) notes.push_back(fmt::format("ALERTS_MUTE_FILE is ignored: {}", text.error().message));
  if (!text || !*text) return std::nullopt;
  std::int64_t until = 0;
  const std::string& digits = **text;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), until);
  const bool rest = std::string_view{end, digits.data() + digits.size()}.find_first_not_of(
                        " \t\r\n") != std::string_view::npos;
  constexpr std::int64_t latest = 9'000'000'000;  // what a WallTime can hold
  if (error != std::errc{} || rest || until > latest) {
    notes.push_back(
        fmt::format("ALERTS_MUTE_FILE is ignored: {} does not hold a time in Unix seconds", path));
    return std::nullopt;
  }
  const auto left = std::chrono::duration_cast<Milliseconds>(WallTime{std::chrono::seconds{until}} -
                                                             clock.wall());
  return left > Milliseconds{0} ? std::optional{left} : std::nullopt;
}

Observation observation(const Verdict& verdict, Lang lang, const NameLookup& names) {
  Observation seen;
  seen.id = verdict.id;
  seen.status = verdict.status;
  seen.severity = verdict.severity;
  seen.code = verdict.code;
  seen.explained_by = verdict.explained_by;
  seen.confirm_runs = verdict.confirm_runs;
  seen.critical_after = verdict.critical_after;
  seen.times = verdict.times;
  // What is well is never spoken of.
  if (verdict.status == Status::ok) return seen;
  ToldVerdict told = Catalogue::builtin().tell(verdict, lang, names);
  seen.texts = {std::move(told.title),
                std::move(told.summary),
                std::move(told.meaning),
                std::move(told.action),
                {}};
  if (const FactValue* repair = verdict.facts.find("repair")) {
    seen.texts.summary += "\n" + to_text(*repair);
  }
  if (const FactValue* log = verdict.facts.find("log")) {
    if (const auto* lines = std::get_if<std::string>(log)) seen.texts.log = *lines;
  }
  return seen;
}

// Of the site's own bot, that stand in for ours.
std::string old_keys(const Config& config) {
  std::vector<std::string_view> keys;
  for (const auto& [own, old] : {std::pair{"ERRORS_BOT_TOKEN", "TELEGRAM_BOT_TOKEN"},
                                 std::pair{"ERRORS_CHAT_ID", "TELEGRAM_CHAT_ID"}}) {
    if (!config.is_set(own) && config.is_set(old)) keys.emplace_back(old);
  }
  return fmt::format("{}", fmt::join(keys, ", "));
}

void add(DeliveryReport& sum, DeliveryReport part) {
  sum.sent += part.sent;
  sum.waiting += part.waiting;
  sum.dead += part.dead;
  if (sum.trouble.empty()) sum.trouble = std::move(part.trouble);
  for (std::string& note : part.notes) sum.notes.push_back(std::move(note));
}

}  // namespace

BookPlaces book_places(const Config& config) {
  return {config.text("STATE_DIR"), fallback_directory(config)};
}

Instant instant_now(Clock& clock) {
  return {clock.wall(), clock.boot(), Procfs{}.boot_id().value_or("unknown")};
}

Lang alert_language(const Config& config) {
  return parse_lang(config.text("ALERT_LANG")).value_or(Lang::ru);
}

std::string alert_phrase(const Config& config, std::string_view key, const Facts& facts) {
  return Catalogue::builtin().phrase(key, alert_language(config), facts);
}

std::string outbox_directory(const std::string& state_directory) {
  return state_directory + "/outbox";
}

PolicySettings policy_settings(const Config& config) {
  PolicySettings settings;
  settings.cooldown = config.seconds("ALERT_COOLDOWN");
  settings.reminders = config.durations("ALERT_REMINDERS");
  settings.settle = config.seconds("DEPLOY_SETTLE");
  settings.grace = config.seconds("DEPLOY_GRACE_PERIOD");
  settings.loud = config.severities("ALERT_LOUD");
  settings.quiet = config.severities("ALERT_QUIET");
  const std::string proof = config.text("ALERT_PROOF_OF_LIFE");
  if (proof == "off") settings.proof.reset();
  if (proof == "daily") settings.proof = std::chrono::hours{24};
  return settings;
}

DeliverySettings delivery_settings(const Config& config) {
  DeliverySettings settings;
  TelegramSettings& telegram = settings.telegram;
  telegram.api_url = config.text("TELEGRAM_API_URL");
  // The product's own bot is better than silence, and Config warns of it.
  const auto either = [&](const char* wanted, const char* old) {
    return config.text(config.is_set(wanted) ? wanted : old);
  };
  telegram.token = either("ERRORS_BOT_TOKEN", "TELEGRAM_BOT_TOKEN");
  telegram.chat = either("ERRORS_CHAT_ID", "TELEGRAM_CHAT_ID");
  telegram.proxy = config.text("TELEGRAM_PROXY");
  if (config.text("IP_VERSION") == "4") telegram.ip = IpVersion::v4;
  for (const auto& [tier, key] : {std::pair{Tier::critical, "ERRORS_TOPIC_CRITICAL"},
                                  std::pair{Tier::warning, "ERRORS_TOPIC_WARNING"},
                                  std::pair{Tier::info, "ERRORS_TOPIC_INFO"}}) {
    if (const std::int64_t topic = config.integer(key); topic > 0) telegram.topics[tier] = topic;
  }
  settings.fallback.url = config.text("ALERT_FALLBACK_URL");
  settings.fallback.after = config.seconds("ALERT_FALLBACK_AFTER");
  settings.budget = config.seconds("ALERT_BUDGET");
  return settings;
}

MessageStyle message_style(const Config& config) {
  MessageStyle style;
  style.lang = alert_language(config);
  style.site = config.text("ALERT_SITE_NAME");
  if (config.is_set("INSTANCE")) style.site += " " + config.text("INSTANCE");
  style.host = host_name();
  style.time_zone = config.text("ALERT_TZ");
  return style;
}

Surroundings look_around(const Config& config, Clock& clock, BootTime started,
                         std::vector<std::string>& notes) {
  Surroundings around;
  around.marker = marker_seen(config, clock, notes);
  if (const auto changed = run_dir_changed(config.text("RUN_DIR"), clock)) {
    around.run_dir_changed = *changed;
  } else {
    notes.push_back(changed.error().message);
  }
  around.uptime = std::chrono::duration_cast<Milliseconds>(started);
  around.muted_by_config = config.flag("ALERTS_MUTED");
  around.mute_file = mute_file(config, clock, notes);
  return around;
}

Milliseconds Alerting::unsettled(BootTime started) {
  const Milliseconds settle = config_.seconds("DEPLOY_SETTLE");
  const auto ran = std::chrono::duration_cast<Milliseconds>(clock_.boot() - started);
  std::vector<std::string> noted_later;
  const Surroundings around = look_around(config_, clock_, started, noted_later);
  std::optional<Milliseconds> age;  // of the deploy's end
  if (!around.marker) {
    age = around.run_dir_changed;
  } else if (around.marker->alive == false) {
    age = std::max(around.marker->age, Milliseconds{0});
  }
  if (!age || *age - ran >= settle) return Milliseconds{0};
  return std::max(settle - *age, Milliseconds{1});
}

std::optional<Verdict> Alerting::trouble() {
  Finding finding = probe_alert_path(outbox_directory(config_.text("STATE_DIR")),
                                     delivery_settings(config_), clock_, notes_);
  if (finding.outcome == Outcome::good) {
    const std::string keys = old_keys(config_);
    if (keys.empty()) return std::nullopt;
    // To be seen in every run, not an incident: what is told does arrive somewhere.
    finding = {Outcome::warning, "alert_old_bot", Facts{}.set("keys", keys)};
    finding.severity = Severity::low;
  }
  return judge(alert_path_check(), std::move(finding), Milliseconds{0});
}

RunSeen Alerting::seen(const std::string& tool, Milliseconds period,
                       const std::vector<Verdict>& verdicts, std::vector<std::string> known,
                       std::vector<Problem> facts) const {
  RunSeen run;
  run.tool = tool;
  run.period = period;
  run.known = std::move(known);
  run.facts = std::move(facts);
  const NameLookup names = names_of(config_);
  const Lang lang = alert_language(config_);
  run.observations.reserve(verdicts.size());
  for (const Verdict& verdict : verdicts) {
    Observation seen = observation(verdict, lang, names);
    const bool has_happened = verdict.is_event && (verdict.status == Status::warning ||
                                                   verdict.status == Status::critical);
    if (has_happened) {
      run.facts.push_back(event_of(std::move(seen)));
    } else {
      run.observations.push_back(std::move(seen));
    }
  }
  if (run.known.empty()) return run;
  // Every checking tool looks at it, and says so only when something is wrong with it.
  const std::string path = alert_path_check().id;
  run.known.push_back(path);
  if (std::ranges::find(run.observations, path, &Observation::id) == run.observations.end()) {
    run.observations.emplace_back().id = path;
  }
  return run;
}

std::vector<Notice> Alerting::notices(const Decision& decision, const Now& now) const {
  const MessageStyle style = message_style(config_);
  std::vector<Notice> notices;
  notices.reserve(decision.events.size());
  for (const Event& event : decision.events) notices.push_back(to_notice(event, style, now));
  return notices;
}

Result<void> Alerting::keep(const BookPlaces& places, RunSeen run, BootTime started) {
  std::uint64_t last = 0;
  const auto change = [&](Book book, const Now& now) {
    run.started = now.tick - std::chrono::duration_cast<Milliseconds>(clock_.boot() - started);
    Decision decision = decide(std::move(book), run, look_around(config_, clock_, started, notes_),
                               now, policy_settings(config_));
    std::vector<Notice> owed = notices(decision, now);
    last = decision.book.sequence;
    book_ = decision.book;
    return BookChange{std::move(decision.book), std::move(owed), std::move(decision.past)};
  };
  auto kept = change_book(places, clock_, instant_now(clock_).boot_id, change, notes_);
  if (kept) {
    committed_ = last;
  } else {
    book_.reset();
  }
  return kept;
}

bool Alerting::settle(const std::string& tool, Milliseconds period, BootTime started,
                      const std::vector<Verdict>& verdicts, std::vector<std::string> known,
                      std::vector<Problem> facts, const Deadline& deadline) {
  const RunSeen run = seen(tool, period, verdicts, std::move(known), std::move(facts));
  const auto must_wait = [&](const Result<void>& kept) {  // what has happened no later run sees
    return !kept && kept.error().kind == ErrorKind::timeout && !run.facts.empty() &&
           deadline.left() > config_.seconds("ALERT_BUDGET");
  };
  auto kept = keep(book_places(config_), run, started);
  while (must_wait(kept)) kept = keep(book_places(config_), run, started);
  // Whoever holds the lock keeps the book; two books would tell everything twice.
  if (!kept && kept.error().kind == ErrorKind::timeout) {
    notes_.push_back(fmt::format("{}: the next run decides", kept.error().message));
    report(deliver(deadline));
    return false;
  }
  if (!kept) {
    state_error_ = kept.error().message;
    notes_.push_back(fmt::format("{}: alerts are kept in {} meanwhile", state_error_,
                                 fallback_directory(config_)));
    kept = keep(second_place(config_), run, started);
  }
  if (kept) {
    report(deliver(deadline));
  } else {
    notes_.push_back(
        fmt::format("{}: alerts go out at once and are not remembered", kept.error().message));
    const DeliveryReport told = tell_at_once(run, started, deadline);
    report(told);
    return told.waiting == 0;
  }
  return true;
}

DeliveryReport Alerting::tell_at_once(RunSeen run, BootTime started, const Deadline& deadline) {
  std::vector<std::string> noted_before;
  const Instant at = instant_now(clock_);
  Book book = read_book(book_places(config_), at).value_or(begin_book(at.wall));
  const Now now = now_of(book, at.wall, at.boot, at.boot_id);
  run.started = now.tick - std::chrono::duration_cast<Milliseconds>(clock_.boot() - started);
  const Decision decision =
      decide(std::move(book), run, look_around(config_, clock_, started, noted_before), now,
             policy_settings(config_));
  return deliver_now(notices(decision, now), delivery_settings(config_), http_, clock_, deadline);
}

std::optional<KeptAlerts> Alerting::kept() const {
  if (config_.text("ALERTS") == "off") return std::nullopt;
  if (book_ && delivered_) return KeptAlerts{*book_, delivered_->waiting, delivered_->dead};
  std::vector<std::string> noted_before;
  const Outbox outbox{outbox_directory(config_.text("STATE_DIR"))};
  auto book = read_book(book_places(config_), instant_now(clock_));
  const auto waiting = outbox.waiting(book ? book->sequence : 0, noted_before);
  const auto dead = outbox.dead_numbers();
  if (!book || !waiting || !dead) return std::nullopt;
  return KeptAlerts{std::move(*book), static_cast<int>(waiting->size()),
                    static_cast<int>(dead->size())};
}

void Alerting::report(const DeliveryReport& delivered) {
  delivered_ = delivered;
  if (!delivered.trouble.empty()) {
    notes_.push_back(
        fmt::format("not told yet ({} waiting): {}", delivered.waiting, delivered.trouble));
  }
  notes_.insert(notes_.end(), delivered.notes.begin(), delivered.notes.end());
}

DeliveryReport Alerting::deliver(const Deadline& deadline, Patience patience) {
  patience_ = patience;
  const std::string first = config_.text("STATE_DIR");
  const std::string other = fallback_directory(config_);
  if (!std::filesystem::exists(outbox_directory(other))) {
    return deliver_from(first, std::nullopt, deadline);
  }
  DeliveryReport sum = deliver_from(first, other, deadline);
  add(sum, deliver_from(other, first, deadline));
  return sum;
}

DeliveryReport Alerting::deliver_from(const std::string& directory,
                                      const std::optional<std::string>& other,
                                      const Deadline& deadline) {
  const BookPlaces places = book_places(config_);
  const auto committed = [&] {
    // Read again only for what others have committed since.
    if (const auto ours = std::exchange(committed_, std::nullopt)) return *ours;
    const auto book = read_book(places, instant_now(clock_));
    return book ? book->sequence : std::uint64_t{0};
  };
  const Outbox outbox{outbox_directory(directory)};
  const auto beside =
      other.transform([](const auto& path) { return Outbox{outbox_directory(path)}; });
  DeliverySettings settings = delivery_settings(config_);
  settings.impatient = patience_ == Patience::none;
  auto delivered = lectio::deliver(outbox, committed, settings, http_, clock_, deadline, beside);
  if (delivered) return std::move(*delivered);
  DeliveryReport report;
  report.trouble = delivered.error().message;
  return report;
}

}  // namespace lectio
