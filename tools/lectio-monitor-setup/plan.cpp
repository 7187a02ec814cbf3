#include "lectio-monitor-setup/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "io/url.hpp"
#include "site/config.hpp"
#include "site/config_edit.hpp"
#include "site/config_file.hpp"

namespace lectio {
namespace {

// The accounts that the checks have always had; setup_smoke_users makes them.
constexpr std::array accounts{std::pair{"SMOKE_TEACHER_EMAIL", "smoke_teacher@test.local"},
                              std::pair{"SMOKE_STUDENT_EMAIL", "smoke_student@test.local"}};

// What the old suite's repository has published as the accounts' password: its FNV-1a.
constexpr std::uint64_t published_password = 0x399f'99df'3beb'3621;

constexpr std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t hash = 0xcbf2'9ce4'8422'2325;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100'0000'01b3;
  }
  return hash;
}

// Stands in the example for the reader's own.
constexpr std::string_view example_site = "https://lectio.example";

bool is_answerable(std::string_view key) {
  return std::ranges::any_of(config_keys(),
                             [&](const ConfigKey& known) { return known.name == key; });
}

std::optional<std::string> nothing_from_environment(const std::string& /*name*/) {
  return std::nullopt;
}

// Of a text that may not name its site yet.
Result<Config> parsed(const std::string& text, const std::string& path) {
  const std::string whole =
      said(text, "SITE_URL") ? text : with_assignment(text, "SITE_URL", example_site);
  return Config::parse(whole, path, nothing_from_environment);
}

class Planner {
 public:
  Planner(std::string text, const std::string& path) : path_(path) { plan_.text = std::move(text); }

  Result<Plan> plan(const std::vector<Found>& found, const Answers& answers) {
    if (auto read = parse_config_file(plan_.text, path_); !read) {
      return std::unexpected(read.error());
    }
    for (const auto& [key, value] : answers) {
      // A secret, whose kind nobody else looks at.
      if (key == "HEARTBEAT_URL" && !parse_url(value)) {
        return fail(ErrorKind::config,
                    "HEARTBEAT_URL is not an address such as https://hc-ping.com/UUID");
      }
      if (said(plan_.text, key) != value) assign(key, value);
    }
    for (const auto& [key, email] : accounts) {
      if (!said(plan_.text, key)) assign(key, email);
    }
    for (const char* key : {"SMOKE_TEACHER_PASSWORD", "SMOKE_STUDENT_PASSWORD"}) {
      const auto password = said(plan_.text, key);
      // setup_smoke_users makes a new one.
      if (password && fnv1a(*password) == published_password) assign(key, "");
    }
    for (const Found& one : found) {
      if (said(plan_.text, one.key)) continue;
      const auto config = parsed(plan_.text, path_);
      if (!config) return std::unexpected(config.error());
      // What follows from the others needs no line of its own, and what is of the wrong form is
      // none.
      const bool is_news = one.key == "SITE_URL" || config->text(one.key) != one.value;
      if (is_news && parsed(with_assignment(plan_.text, one.key, one.value), path_)) {
        assign(one.key, one.value);
      }
    }
    const auto config = parsed(plan_.text, path_);
    if (!config) return std::unexpected(config.error());
    find_missing(*config);
    return std::move(plan_);
  }

 private:
  void assign(const std::string& key, const std::string& value) {
    plan_.text = with_assignment(std::move(plan_.text), key, value);
    plan_.changes[key] = value;
  }

  void find_missing(const Config& config) {
    const auto want = [&](const char* key, const char* instead = nullptr) {
      const bool there = config.is_set(key) || (instead != nullptr && config.is_set(instead));
      if (!there) plan_.missing.emplace_back(key);
    };
    if (!said(plan_.text, "SITE_URL")) plan_.missing.emplace_back("SITE_URL");
    if (config.text("ALERTS") != "off") {
      want("ERRORS_BOT_TOKEN", "TELEGRAM_BOT_TOKEN");
      want("ERRORS_CHAT_ID", "TELEGRAM_CHAT_ID");
    }
    if (config.text("HEARTBEAT") != "off") want("HEARTBEAT_URL");
  }

  const std::string& path_;
  Plan plan_;
};

}  // namespace

std::optional<std::string> said(std::string_view text, std::string_view key) {
  const auto file = parse_config_file(text, "");
  if (!file) return std::nullopt;
  std::optional<std::string> last;
  for (const Assignment& line : file->assignments) {
    if (line.key == key) last = line.value;
  }
  const bool says_nothing =
      !last || last->empty() || is_placeholder(*last) || *last == example_site;
  if (says_nothing) return std::nullopt;
  return last;
}

Result<Answers> parse_answers(std::string_view text, const std::string& path) {
  const auto file = parse_config_file(text, path);
  if (!file) return std::unexpected(file.error());
  Answers answers;
  for (const Assignment& line : file->assignments) {
    if (!is_answerable(line.key)) {
      return fail(ErrorKind::config,
                  fmt::format("{}:{}: {} is no key of config.env", path, line.line, line.key));
    }
    answers[line.key] = line.value;
  }
  return answers;
}

Result<Plan> plan_config(const std::string& text, const std::string& path,
                         const std::vector<Found>& found, const Answers& answers) {
  return Planner{text, path}.plan(found, answers);
}

}  // namespace lectio
