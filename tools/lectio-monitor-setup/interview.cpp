#include "lectio-monitor-setup/interview.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <utility>

#include "io/file.hpp"
#include "lectio-monitor-setup/crontab.hpp"
#include "lectio-monitor-setup/terminal.hpp"
#include "site/config.hpp"

namespace lectio {
namespace embedded {
extern const std::string_view config_env_example;
}

namespace {

const ConfigKey& key_named(std::string_view name) {
  return *std::ranges::find(config_keys(), name, &ConfigKey::name);
}

std::string listed(const std::vector<std::string>& items) {
  return fmt::format("{}", fmt::join(items, ", "));
}

Result<Answers> read_answers(const std::string& path) {
  if (path.empty()) return Answers{};
  std::string text;
  if (path == "-") {
    text.assign(std::istreambuf_iterator<char>{std::cin}, {});
  } else {
    auto file = read_file(path);
    if (!file) return std::unexpected(file.error());
    text = std::move(*file);
  }
  return parse_answers(text, path == "-" ? "stdin" : path);
}

}  // namespace

Result<void> Interview::hold(const std::string& answers_path) {
  auto answers = read_answers(answers_path);
  if (!answers) return std::unexpected(answers.error());
  auto before = text_before();
  if (!before) return std::unexpected(before.error());
  if (auto found = find(*before, *answers); !found) return found;
  if (!plan_.missing.empty()) show_found();
  const bool asks = start_.dry_run == DryRun::off && somebody_is_there();
  while (!plan_.missing.empty() && asks) {
    if (auto asked = ask_for(plan_.missing.front(), *answers); !asked) return asked;
    // An answer of the wrong kind is asked for again; a good one may say which site is meant.
    if (auto found = find(*before, *answers); !found) voice_.say(found.error().message);
  }
  if (plan_.missing.empty()) return {};
  return fail(ErrorKind::config,
              voice_.phrase("setup_missing", Facts{}.set("keys", listed(plan_.missing))));
}

// Of the file, which may be a link; of the example when there is none.
Result<std::string> Interview::text_before() {
  std::error_code failed;
  is_new_ = !std::filesystem::exists(start_.config_path, failed);
  if (is_new_) return std::string{embedded::config_env_example};
  return read_file(std::filesystem::canonical(start_.config_path, failed).string());
}

Result<void> Interview::find(const std::string& before, const Answers& answers) {
  discovery_ = discover(Places{}, systemd_, start_.clock,
                        [&](std::string_view key) -> std::optional<std::string> {
                          const auto answer = answers.find(key);
                          return answer != answers.end() ? answer->second : said(before, key);
                        });
  auto planned = plan_config(before, start_.config_path, discovery_.found, answers);
  if (!planned) return std::unexpected(planned.error());
  plan_ = std::move(*planned);
  const bool is_usual = whole_path(start_.config_path) == default_config_path;
  if (!is_usual && !said(plan_.text, "INSTANCE")) {
    return fail(ErrorKind::config,
                voice_.phrase("setup_instance", Facts{}.set("path", start_.config_path)));
  }
  return {};
}

Result<void> Interview::ask_for(const std::string& key, Answers& answers) {
  const ConfigKey& known = key_named(key);
  std::string question =
      fmt::format("{} ({})", voice_.lang() == Lang::ru ? known.ru : known.en, key);
  if (key == "HEARTBEAT_URL") question += voice_.phrase("setup_or_off");
  const auto answer = ask(question, known.kind == KeyKind::secret ? Echo::off : Echo::on);
  if (!answer)
    return fail(ErrorKind::config, voice_.phrase("setup_no_answer", Facts{}.set("key", key)));
  if (key == "HEARTBEAT_URL") answers.erase("HEARTBEAT");
  if (key == "HEARTBEAT_URL" && *answer == "off") {
    answers.erase(key);
    answers["HEARTBEAT"] = "off";
  } else {
    answers[key] = *answer;
  }
  return {};
}

void Interview::show_found() {
  if (std::exchange(has_shown_, true)) return;
  voice_.say(voice_.phrase("setup_found"));
  for (const Found& found : discovery_.found) {
    voice_.say(fmt::format("  {:22} {}  ({})", found.key, found.value, found.source));
  }
  if (!discovery_.sites.empty()) {
    voice_.say(voice_.phrase("setup_sites", Facts{}.set("sites", listed(discovery_.sites))));
  }
}

void Interview::show() {
  show_found();
  if (plan_.changes.empty()) return;
  voice_.say("\n" + voice_.phrase("setup_changes", Facts{}.set("path", start_.config_path)));
  for (const auto& [key, value] : plan_.changes) {
    const bool is_secret = key_named(key).kind == KeyKind::secret;
    voice_.say(fmt::format("  {}=\"{}\"", key, is_secret ? "***" : value));
  }
}

}  // namespace lectio
