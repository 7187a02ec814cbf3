#include "tool/output.hpp"

#include <fmt/format.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstdio>
#include <cstdlib>

#include "io/filesystem.hpp"

namespace lectio {
namespace {

Colour colour_wanted() {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  const bool asked_off = no_color != nullptr && *no_color != '\0';
  const bool dumb = term == nullptr || std::string_view{term} == "dumb";
  return stdout_is_terminal() && !asked_off && !dumb ? Colour::on : Colour::off;
}

void write_stdout(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void tell_notes(const Report& report) {
  for (const std::string& note : report.notes) {
    fmt::print(stderr, "{}: {}\n", report.tool, note);
  }
}

void print_text(const Report& report, const Flags& flags, Lang lang) {
  ConsoleStyle style;
  style.lang = lang;
  style.colour = colour_wanted();
  if (flags.verbose) {
    style.detail = Detail::facts;
  } else if (flags.quiet || !stdout_is_terminal()) {
    style.detail = Detail::problems;
  }
  if (stdout_is_terminal()) style.width = terminal_width();
  Report table = report;
  table.notes.clear();
  tell_notes(report);
  write_stdout(to_console(table, style));
}

void write_strings(rapidjson::Writer<rapidjson::StringBuffer>& writer, const char* key,
                   const std::vector<std::string>& values) {
  writer.Key(key);
  writer.StartArray();
  for (const std::string& value : values) writer.String(value);
  writer.EndArray();
}

std::string list_as_json(const std::vector<CheckInfo>& checks, const NameLookup& names, Lang lang) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer{buffer};
  writer.StartObject();
  writer.Key("checks");
  writer.StartArray();
  for (const CheckInfo& check : checks) {
    writer.StartObject();
    writer.Key("id");
    writer.String(check.id);
    writer.Key("severity");
    writer.String(std::string{to_string(check.severity)});
    writer.Key("title");
    writer.String(Catalogue::builtin().title(check, lang, names));
    write_strings(writer, "needs", check.needs);
    write_strings(writer, "explained_by", check.explained_by);
    writer.EndObject();
  }
  writer.EndArray();
  writer.EndObject();
  return std::string{buffer.GetString(), buffer.GetSize()} + "\n";
}

}  // namespace

int terminal_width() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 100;
}

bool stdout_is_terminal() { return ::isatty(STDOUT_FILENO) == 1; }

std::string host_name() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

NameLookup names_of(const Config& config) {
  return [&config](std::string_view name) -> std::optional<std::string> {
    if (name == "CONFIG_FILE") return config.path();
    if (name == "HOST") return host_name();
    if (name == "BIN_DIR") {
      const std::string directory = program_directory();
      return directory.empty() ? std::nullopt : std::optional{directory};
    }
    return config.variable(name);
  };
}

void print(const Report& report, const Flags& flags, Lang lang) {
  switch (flags.format.value_or(Format::text)) {
    case Format::text:
      print_text(report, flags, lang);
      break;
    case Format::json:
      write_stdout(to_json(report));
      break;
    case Format::nagios:
      write_stdout(to_nagios(report));
      break;
    case Format::prometheus:
      tell_notes(report);
      write_stdout(report.metrics);
      break;
  }
}

void print_list(const std::vector<CheckInfo>& checks, const Config& config, const Flags& flags,
                Lang lang) {
  const NameLookup names = names_of(config);
  if (flags.format == Format::json) {
    write_stdout(list_as_json(checks, names, lang));
    return;
  }
  std::size_t width = 0;
  for (const CheckInfo& check : checks) width = std::max(width, check.id.size());
  for (const CheckInfo& check : checks) {
    write_stdout(fmt::format("{:{}}  {:8}  {}\n", check.id, width, to_string(check.severity),
                             Catalogue::builtin().title(check, lang, names)));
  }
}

int print_config(const Config& config, const Flags& flags) {
  for (const std::string& warning : config.warnings()) write_stdout(warning + "\n");
  if (flags.verbose) {
    for (const ConfigKey& key : config_keys()) {
      const bool hidden = key.kind == KeyKind::secret && config.is_set(key.name);
      write_stdout(fmt::format("{}={}\n", key.name, hidden ? "***" : config.text(key.name)));
    }
  }
  if (config.warnings().empty()) write_stdout(fmt::format("{}: no problems\n", config.path()));
  return config.warnings().empty() ? 0 : 1;
}

}  // namespace lectio
