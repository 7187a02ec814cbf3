#include "tool/flags.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <map>

namespace lectio {
namespace {

void declare(CLI::App& app, Flags& flags, const Tool& tool) {
  const std::map<std::string, Format> formats{{"text", Format::text},
                                              {"json", Format::json},
                                              {"nagios", Format::nagios},
                                              {"prometheus", Format::prometheus}};
  const std::map<std::string, Lang> languages{{"ru", Lang::ru}, {"en", Lang::en}};
  app.add_option("--config", flags.config, "Configuration file")
      ->envname("LECTIO_MONITOR_CONFIG")
      ->type_name("FILE")
      ->capture_default_str();
  app.add_option("--format", flags.format, "text, json, nagios or prometheus")
      ->type_name("FORMAT")
      ->transform(CLI::Transformer(formats))
      ->check(CLI::IsMember({Format::text, Format::json, Format::nagios, Format::prometheus})
                  .description(""));
  app.add_flag(
      "--dry-run",
      [&flags](std::int64_t count) { flags.dry_run = count > 0 ? DryRun::on : DryRun::off; },
      "Look, but write, send and change nothing");
  app.add_flag("--check-config", flags.check_config,
               "Read the configuration, say what is wrong, end");
  app.add_option("--deadline", flags.deadline_seconds, "End after so many seconds at the latest")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.1, 86400.0));
  app.add_option("--lang", flags.lang, "ru or en")
      ->type_name("LANG")
      ->transform(CLI::Transformer(languages))
      ->check(CLI::IsMember({Lang::ru, Lang::en}).description(""));
  app.add_flag("-v,--verbose", flags.verbose, "Every check with its facts");
  app.add_flag("-q,--quiet", flags.quiet, "Only what is not well, on a terminal too");
  if (tool.act) return;
  app.add_flag("--alert", flags.alert, "Tell about it as cron would, also on a terminal");
  app.add_option("--only", flags.only, "Only these checks and what they need (a,b)")
      ->type_name("ID")
      ->delimiter(',')
      ->expected(1)
      ->take_all();
  app.add_option("--skip", flags.skip, "All but these checks (a,b)")
      ->type_name("ID")
      ->delimiter(',')
      ->expected(1)
      ->take_all();
  app.add_flag("--list", flags.list, "List the checks and end");
}

}  // namespace

std::variant<Flags, int> parse_flags(int argc, char** argv, const Tool& tool) {
  Flags flags;
  CLI::App app{tool.description.en, tool.name};
  app.set_version_flag("--version", fmt::format("{} {}", tool.name, LECTIO_VERSION));
  app.footer(
      fmt::format("Exit code: 0 all well, 1 warning, 2 critical, 3 could not run.\n\nExamples:\n{}",
                  tool.examples));
  declare(app, flags, tool);
  if (tool.add_flags) tool.add_flags(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {
    return app.exit(asked);
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "{}: {} (see {} --help)\n", tool.name, error.what(), tool.name);
    return could_not_run;
  }
  return flags;
}

}  // namespace lectio
