#include "alerts/alerts.hpp"

#include <CLI/CLI.hpp>
#include <memory>

#include "alerts/commands.hpp"
#include "alerts/desk.hpp"
#include "tool/test_alert.hpp"

namespace lectio {
namespace {

// Filled by the command line, read by the act.
struct CommandLine {
  std::string command;
  Asked asked;
};

void declare(CLI::App& app, CommandLine& line) {
  const auto add = [&](const char* name, const char* what) {
    CLI::App* const command = app.add_subcommand(name, what);
    command->callback([&line, name] { line.command = name; });
    return command;
  };
  Asked& asked = line.asked;
  app.require_subcommand(1);
  app.fallthrough();
  add("status", "Open incidents, last runs, deploy, silence, outbox");
  add("test", "Send a test message and prove that it arrived");
  CLI::App* const mute = add("mute", "Be silent for a time, at most 24 h");
  mute->add_option("DURATION", asked.duration, "30m, 2h, 90s")->required();
  mute->add_option("--check", asked.check, "Only about this check");
  mute->add_option("--reason", asked.reason, "Why, for whoever asks")->required();
  mute->add_flag("--no-repair", asked.no_repair, "Nothing is repaired meanwhile either");
  CLI::App* const unmute = add("unmute", "Be silent no more");
  unmute->add_option("--check", asked.check, "Only about this check");
  add("flush", "Send now what waits, and what Telegram has refused");
  CLI::App* const history = add("history", "Past incidents");
  history->add_option("--limit", asked.limit, "So many, the newest")->check(CLI::PositiveNumber);
  CLI::App* const why = add("why", "What was held back lately, and why");
  why->add_option("--check", asked.check, "Only about this check");
  CLI::App* const send = add("send", "Tell an event from elsewhere; its text on stdin");
  // Before any deadline counts: a backup may take its time before it says anything.
  send->callback([&line] {
    line.command = "send";
    line.asked.text = read_stdin();
  });
  send->add_option("--title", asked.title, "What happened, in a few words")->required();
  send->add_option("--severity", asked.severity, "critical, high, medium or low")
      ->check(CLI::IsMember({"critical", "high", "medium", "low"}))
      ->capture_default_str();
}

Result<int> run(Act& act, const CommandLine& line) {
  const Desk desk{act};
  if (line.command == "test")
    return send_test_alert(act.config, act.format, act.dry_run, act.lang, act.http, act.deadline);
  if (line.command == "mute") return mute(desk, line.asked);
  if (line.command == "unmute") return unmute(desk, line.asked);
  if (line.command == "flush") return flush(desk);
  if (line.command == "history") return history(desk, line.asked);
  if (line.command == "why") return why(desk, line.asked);
  if (line.command == "send") return send(desk, line.asked);
  return status(desk);
}

}  // namespace

Tool alerts() {
  Tool tool;
  tool.name = "alerts";
  tool.description = {
      "Оповещения: что открыто, почему не сообщили, тишина на время, проверка связи",
      "Alerts: what is open, why nobody was told, silence for a time, a test"};
  tool.examples =
      "alerts status\n"
      "alerts test\n"
      "alerts mute 30m --reason \"moving the database\"\n"
      "alerts mute 2h --check disk --reason \"cleaning up\"\n"
      "alerts why\n"
      "echo \"backup.sh failed\" | alerts send --title Backup --severity high";
  tool.deadline = Milliseconds{30000};
  const auto line = std::make_shared<CommandLine>();
  tool.add_flags = [line](CLI::App& app) { declare(app, *line); };
  tool.act = [line](Act& act) { return run(act, *line); };
  return tool;
}

}  // namespace lectio
