// What is said of every check, with a stranger's text in every place that a stranger can reach:
// from the verdict over catalogue, policy and words to Telegram.
//
// With LECTIO_TELEGRAM (a url) and LECTIO_STRANGER (the file with the text) they are sent there:
// tests/cli/test_messages.py looks at what arrives.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "alert/catalogue.hpp"
#include "alert/events.hpp"
#include "alert/message.hpp"
#include "alert/policy.hpp"
#include "alert/telegram.hpp"
#include "alert/telegram_html.hpp"
#include "io/file.hpp"
#include "io/json.hpp"
#include "site/health_checks.hpp"
#include "site/smoke.hpp"

namespace lectio {
namespace {

using Codes = std::set<std::string>;

constexpr auto minute = std::chrono::minutes{1};

class WallClock final : public Clock {
 public:
  WallTime wall() override { return std::chrono::system_clock::now(); }
  BootTime boot() override { return std::chrono::steady_clock::now().time_since_epoch(); }
  void sleep(Milliseconds) override { FAIL() << "nothing is sent twice"; }
};

// The observations that a check has words of its own for.
std::map<std::string, Codes> own_codes() {
  std::map<std::string, Codes> found;
  for (const auto& file : std::filesystem::directory_iterator(SOURCE_DIR "/libcommon/alert")) {
    if (file.path().extension() != ".json") continue;
    const auto document = parse_json(read_file(file.path().string()).value()).value();
    const auto checks = document.FindMember("checks");
    if (checks == document.MemberEnd()) continue;
    for (const auto& check : checks->value.GetObject()) {
      const auto by_code = check.value.FindMember("by_code");
      if (by_code == check.value.MemberEnd()) continue;
      for (const auto& code : by_code->value.GetObject()) {
        found[std::string{as_text(check.name)}].emplace(as_text(code.name));
      }
    }
  }
  return found;
}

// Everything that the tools check, as they list it; what stands for a star is the stranger's.
std::map<std::string, CheckInfo> every_check(const std::string& text) {
  const auto config =
      Config::parse("SITE_URL=https://lectio.test", "config.env", [](const std::string&) {
        return std::nullopt;
      }).value();
  std::map<std::string, CheckInfo> checks;
  for (const CheckInfo& check : health_checks(config)) checks[check.id] = check;
  const Scenario scenario = smoke_scenario(config).value();
  for (const CheckInfo& check : scenario.checks()) checks[check.id] = check;
  for (const std::string& id : Catalogue::builtin().check_ids()) {
    const std::string real = id.ends_with('*') ? id.substr(0, id.size() - 1) + text : id;
    checks.try_emplace(id, CheckInfo{.id = real});
  }
  const LocalText own{text, text};
  checks["own step"] = {.id = text, .texts = {own, own, own}};
  return checks;
}

// Each check with each observation of its own; and each observation with some check, each check
// with several.
std::vector<Verdict> every_verdict(const std::string& text) {
  const auto checks = every_check(text);
  auto codes = own_codes();
  const std::vector<std::string> shared = Catalogue::builtin().observation_codes();
  auto next = checks.begin();
  for (std::size_t i = 0; i < std::max(shared.size(), 2 * checks.size()); ++i) {
    codes[next->first].insert(shared[i % shared.size()]);
    if (++next == checks.end()) next = checks.begin();
  }
  std::vector<Verdict> verdicts;
  for (auto [name, check] : checks) {
    check.severity = Severity::critical;  // told by the first run
    for (const std::string& code : codes[name]) {
      verdicts.push_back(judge(check, {.outcome = Outcome::bad, .code = code, .facts = {}}, {}));
    }
  }
  return verdicts;
}

Observation observed(const Verdict& verdict, Lang lang, const std::string& text) {
  const auto told = Catalogue::builtin().tell(verdict, lang, [&](auto) { return text; });
  Observation seen;
  seen.id = verdict.id;
  seen.status = verdict.status;
  seen.severity = verdict.severity;
  seen.code = verdict.code;
  seen.texts = {told.title, told.summary, told.meaning, told.action};
  return seen;
}

// That it fails; and if `ends`, that it is well again, to one who has heard of it and one who
// has not.
std::vector<std::string> messages_about(const Verdict& verdict, Lang lang, const std::string& text,
                                        bool ends) {
  MessageStyle style = events::style(lang);
  style.site = text;
  style.host = text;
  RunSeen run;
  run.tool = text;
  run.period = minute;
  run.observations = {observed(verdict, lang, text)};
  run.known = {verdict.id};
  PolicySettings settings;
  settings.proof.reset();
  Surroundings around;
  around.uptime = std::chrono::hours{1};
  Book book = begin_book(events::wall);
  Now now{.tick = minute, .wall = events::wall};
  std::vector<std::string> messages;
  for (int i = 0; i < (ends ? 3 : 1); ++i) {
    run.started = now.tick;
    Decision decision = decide(std::move(book), run, around, now, settings);
    book = std::move(decision.book);
    for (const Event& event : decision.events) {
      const Notice notice = to_notice(event, style, now);
      for (const std::string& html : {notice.live, notice.message, notice.whole}) {
        if (!html.empty()) messages.push_back(html);
      }
    }
    now.tick += minute;
    now.wall += minute;
    run.observations.front().status = Status::ok;
    run.observations.front().texts = {};
  }
  return messages;
}

std::vector<std::string> every_message(const std::string& text) {
  std::vector<std::string> all;
  std::set<std::string> ended;  // how a check ends depends on no observation
  for (const Verdict& verdict : every_verdict(text)) {
    const bool ends = ended.insert(verdict.id).second;
    for (const Lang lang : {Lang::ru, Lang::en}) {
      const auto messages = messages_about(verdict, lang, text, ends);
      EXPECT_EQ(messages.size(), ends ? 4U : 1U) << verdict.id << " " << verdict.code;
      all.insert(all.end(), messages.begin(), messages.end());
    }
  }
  return all;
}

void send_all(const std::string& url, const std::string& text) {
  WallClock clock;
  const auto http = make_http(clock, {});
  TelegramSettings settings;
  settings.api_url = url;
  settings.token = "1234567:test-token";
  Telegram telegram{settings, *http};
  for (const std::string& html : every_message(text)) {
    const auto answer = telegram.send("-1001", {.text = html}, Deadline{clock, minute});
    ASSERT_EQ(answer.kind, TelegramAnswer::Kind::done) << answer.reason << "\n" << html;
  }
}

TEST(EveryMessageTest, IsOneThatTelegramTakes) {
  const char* const url = std::getenv("LECTIO_TELEGRAM");
  const char* const stranger = std::getenv("LECTIO_STRANGER");
  if (url != nullptr && stranger != nullptr) return send_all(url, read_file(stranger).value());
  for (const std::string& text : {std::string{"<b>&"}, std::string(10'000, '&')}) {
    for (const std::string& html : every_message(text)) {
      const TelegramReading reading = read_telegram_html(html);
      EXPECT_EQ(reading.fault, "") << html;
      EXPECT_LE(reading.units, message_limit) << html;
    }
  }
}

}  // namespace
}  // namespace lectio
