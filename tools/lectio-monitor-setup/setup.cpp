#include "lectio-monitor-setup/setup.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <utility>

#include "io/file.hpp"
#include "io/json_fields.hpp"
#include "io/process.hpp"
#include "io/system_clock.hpp"
#include "io/systemd.hpp"
#include "io/user.hpp"
#include "lectio-monitor-setup/crontab.hpp"
#include "lectio-monitor-setup/doctor.hpp"
#include "lectio-monitor-setup/interview.hpp"
#include "lectio-monitor-setup/plan.hpp"
#include "lectio-monitor-setup/voice.hpp"
#include "site/config.hpp"
#include "site/config_edit.hpp"
#include "site/site_request.hpp"
#include "tool/alerting.hpp"
#include "tool/test_alert.hpp"

namespace lectio {
namespace {

struct Options {
  bool only_checks = false;
  std::string answers;  // a path, or "-"
};

// STATE_DIR/setup.json: where a test message has arrived.
struct ProvenWay {
  std::string chat;
  std::string bot;  // the public part of its token
  WallTime at{};
};

template <class Fields>
void describe(Fields& fields, ProvenWay& way) {
  int schema = 1;
  fields("schema", schema);
  fields("chat", way.chat);
  fields("bot", way.bot);
  fields("at_ms", way.at);
}

// A person's flag, else as the messages are.
Lang language(const Start& start) {
  if (start.lang) return *start.lang;
  std::error_code failed;
  const auto path = std::filesystem::canonical(start.config_path, failed);
  const auto text = read_file(path.string());
  const auto key = text ? said(*text, "ALERT_LANG") : std::nullopt;
  return parse_lang(key.value_or("ru")).value_or(Lang::ru);
}

class Setup {
 public:
  Setup(const Options& options, Start& start)
      : options_(options),
        start_(start),
        voice_(language(start)),
        systemd_(make_systemd()),
        interview_(start_, voice_, *systemd_) {}

  Result<void> run() {
    if (!we_are_root()) {
      return fail(ErrorKind::config, voice_.phrase("setup_not_root"));
    }
    // All that is needed is known before anything is written.
    if (auto held = interview_.hold(options_.answers); !held) return held;
    interview_.show();
    if (start_.dry_run == DryRun::on) return show_rest();
    if (auto written = write_config(); !written) return written;
    auto config = Config::load(start_.config_path, start_.environment);
    if (!config) return std::unexpected(config.error());
    make_users(*config);
    prove_way(*config);
    run_everything(*config);
    return schedule(*config);
  }

 private:
  // "[2/5] ..."
  void step(std::string_view key, const Facts& values = {}) {
    constexpr int steps = 5;
    voice_.say(fmt::format("\n[{}/{}] {}", ++step_, steps, voice_.phrase(key, values)));
  }

  Result<void> show_rest() const {
    const auto config =
        Config::parse(interview_.plan().text, start_.config_path, start_.environment);
    if (!config) return std::unexpected(config.error());
    const Installation here = installation(*config);
    const auto found = read_schedule(here, start_.clock);
    if (!found) return std::unexpected(found.error());
    voice_.say("\n" + voice_.phrase("setup_would"));
    const auto edit = without_old_lines(found->crontab, old_suite(*config, start_.clock.wall()));
    for (const std::string& line : edit.removed) voice_.say("  - " + line);
    return {};
  }

  Result<void> write_config() {
    const std::string& path = start_.config_path;
    Result<void> written{};
    if (interview_.is_new()) {
      written = make_directory(std::filesystem::absolute(path).parent_path().string(), 0755);
      if (written) written = write_file_atomically(path, interview_.plan().text, 0600);
    } else if (!interview_.plan().changes.empty()) {
      written = write_assignments(path, interview_.plan().changes);
    }
    if (!written) return written;
    std::string_view key = "setup_config_new";
    if (!interview_.is_new()) {
      key = interview_.plan().changes.empty() ? "setup_config_kept" : "setup_config_changed";
    }
    step(key, Facts{}.set("path", path).set("count", interview_.plan().changes.size()));
    return {};
  }

  // Another program of ours; what it says is shown when it has something to say.
  Result<ProcessResult> run_ours(const Config& config, const std::string& tool,
                                 std::vector<std::string> arguments) const {
    std::vector<std::string> argv{installation(config).bin_dir + "/" + tool, "--config",
                                  config.path(), "--lang", voice_.lang() == Lang::ru ? "ru" : "en"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return run_process(
        {.argv = std::move(argv),
         .environment = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                         "LANG=C.UTF-8"},
         .timeout = std::chrono::hours{4}},  // they have deadlines of their own
        start_.clock);
  }

  void run_and_show(const Config& config, const std::string& tool,
                    const std::vector<std::string>& arguments, std::string_view more = {}) const {
    std::fputs(fmt::format("  {:29} ", fmt::format("{}{}", tool, more)).c_str(), stdout);
    std::fflush(stdout);
    const auto ran = run_ours(config, tool, arguments);
    if (!ran) {
      voice_.say(ran.error().message);
      return;
    }
    constexpr std::array<std::string_view, 4> words{"ok", "warning", "critical", "could not run"};
    const auto code = static_cast<std::size_t>(ran->exit_code);
    const bool has_word = !ran->timed_out && ran->signal == 0 && code < words.size();
    voice_.say(std::string{has_word ? words.at(code) : "ended by a signal"});
    for (const std::string& text : {ran->output, ran->errors}) {
      if (!text.empty()) voice_.say(text.substr(0, text.find_last_not_of('\n') + 1));
    }
  }

  void make_users(const Config& config) {
    step("setup_users");
    run_and_show(config, "setup_smoke_users", {"--with-data", "--verify"});
  }

  // Once for a chat and a bot: whoever runs this again is not written to again.
  void prove_way(const Config& config) {
    if (config.text("ALERTS") == "off") {
      step("setup_alerts_off");
      return;
    }
    const TelegramSettings telegram = delivery_settings(config).telegram;
    const std::string path = config.text("STATE_DIR") + "/setup.json";
    ProvenWay way{telegram.chat, telegram.token.substr(0, telegram.token.find(':')),
                  start_.clock.wall()};
    if (const auto text = read_file_if_any(path); text && *text) {
      const auto before = parse_json_fields<ProvenWay>(**text);
      if (before && before->chat == way.chat && before->bot == way.bot) {
        step("setup_way_proven", Facts{}.set("chat", way.chat));
        return;
      }
    }
    step("setup_way_test");
    const auto http = make_http(start_.clock, http_settings(config));
    const auto sent = send_test_alert(config, Format::text, DryRun::off, alert_language(config),
                                      *http, Deadline{start_.clock, std::chrono::seconds{30}});
    if (!sent || *sent != 0) return;  // said already, and the checks will say it again
    auto kept = make_directory(config.text("STATE_DIR"));
    if (kept) kept = write_file_atomically(path, to_json_fields(way) + "\n", 0600);
    if (!kept) voice_.say(kept.error().message);
  }

  // Ours first: a minute without a watcher is worse than one with two.
  Result<void> schedule(const Config& config) {
    const Installation here = installation(config);
    const auto found = read_schedule(here, start_.clock);
    if (!found) return std::unexpected(found.error());
    const CrontabEdit edit =
        without_old_lines(found->crontab, old_suite(config, start_.clock.wall()));
    const bool is_whole = std::ranges::includes(found->scheduled, tools_to_schedule());
    const std::string text =
        is_whole ? found->cron_file : with_missing_tools(found->cron_file, found->scheduled, here);
    const bool changes = text != found->cron_file;
    step(changes ? "setup_schedule_written" : "setup_schedule_kept",
         Facts{}.set("path", here.cron_file));
    if (changes) {
      if (auto written = write_file_atomically(here.cron_file, text, 0644); !written) {
        return written;
      }
    }
    if (!edit.left.empty()) voice_.say("  " + voice_.phrase("setup_left_lines"));
    for (const std::string& line : edit.left) voice_.say("  ? " + line);
    if (edit.removed.empty()) return {};
    auto copy = keep_copy(config, found->crontab);
    if (!copy) return std::unexpected(copy.error());
    if (auto written = write_root_crontab(edit.text, start_.clock); !written) return written;
    voice_.say("  " + voice_.phrase("setup_old_lines",
                                    Facts{}.set("count", edit.removed.size()).set("path", *copy)));
    for (const std::string& line : edit.removed) voice_.say("  - " + line);
    return {};
  }

  // Of root's crontab as it was; an earlier copy stays.
  Result<std::string> keep_copy(const Config& config, const std::string& crontab) const {
    if (auto made = make_directory(config.text("STATE_DIR")); !made) {
      return std::unexpected(made.error());
    }
    std::string path = config.text("STATE_DIR") + "/crontab.before-setup";
    std::error_code failed;
    if (std::filesystem::exists(path, failed)) {
      const auto now = start_.clock.wall().time_since_epoch();
      path += fmt::format("-{}", std::chrono::duration_cast<std::chrono::seconds>(now).count());
    }
    auto kept = write_file_atomically(path, crontab, 0600);
    if (!kept) return std::unexpected(kept.error());
    return path;
  }

  // As cron will. Where a backup lies already, the next one waits for its night.
  void run_everything(const Config& config) {
    step("setup_first_runs");
    const auto run = [&](const char* tool) { run_and_show(config, tool, {}); };
    const auto rehearse = [&](const char* tool) {
      run_and_show(config, tool, {"--dry-run"}, " --dry-run");
    };
    run("health_check");
    run("smoke_check");
    if (has_backup(config, start_.clock.wall())) {
      rehearse("backup");
    } else {
      run("backup");
    }
    rehearse("cleanup_processes");
    run("deep_check");
    run("heartbeat");
  }

  const Options& options_;
  Start& start_;
  Voice voice_;
  std::unique_ptr<Systemd> systemd_;
  Interview interview_;
  int step_ = 0;
};

}  // namespace

Tool setup_tool() {
  const auto options = std::make_shared<Options>();
  Tool tool;
  tool.name = "lectio-monitor-setup";
  tool.description = {
      "Настраивает мониторинг: находит сайт, спрашивает недостающее, пишет config.env и расписание",
      "Sets the monitor up: finds the site, asks for what is missing, writes config.env and the "
      "schedule"};
  tool.examples =
      "lectio-monitor-setup                       guided; run again, it changes nothing\n"
      "lectio-monitor-setup --dry-run             what it finds and would change\n"
      "lectio-monitor-setup --answers FILE        for scripts: KEY=\"value\" lines; - reads stdin\n"
      "lectio-monitor-setup --check               whether everything is in its place";
  tool.deadline = std::chrono::seconds{180};
  tool.add_flags = [options](CLI::App& app) {
    app.add_flag("--check", options->only_checks, "Set nothing up, look whether all is in place");
    app.add_option("--answers", options->answers,
                   "File with what would be asked, KEY=\"value\"; - for stdin")
        ->type_name("FILE");
  };
  tool.prepare = [options](Start& start) -> std::optional<Result<int>> {
    if (options->only_checks) return std::nullopt;
    if (auto done = Setup{*options, start}.run(); !done) {
      return Result<int>{std::unexpected(done.error())};
    }
    if (start.dry_run == DryRun::on) return Result<int>{0};
    return std::nullopt;
  };
  tool.checks = doctor_checks;
  tool.run = examine;
  return tool;
}

}  // namespace lectio
