// docs/alerts*.md: every check, what its failure means and what to do, from the catalogue and the
// scenarios.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <optional>

#include "alert/catalogue_parse.hpp"
#include "check/scenario.hpp"
#include "docs/generated.hpp"
#include "site/config.hpp"

namespace lectio {
namespace {

std::string source(const std::string& path) {
  return read_file(std::string{SOURCE_DIR} + "/" + path).value_or("");
}

// {UNIT} as it stands by default, {fact} as a gap, optional parts as if they were known.
std::string shown(const std::string& text, const Config& config) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '[' || c == ']') {
      if (text.substr(at, 2) == std::string(2, c)) out += text[at++];  // a bracket that is shown
      continue;
    }
    if (c != '{') {
      out += c;
      continue;
    }
    const std::size_t end = text.find('}', at);
    const std::string name = text.substr(at + 1, end - at - 1);
    at = end;
    if (name == "BIN_DIR") {
      out += "/opt/lectio-monitor";
    } else if (name == "CONFIG_FILE") {
      out += "/opt/lectio-monitor/config.env";
    } else {
      out += config.variable(name).value_or("…");
    }
  }
  return out;
}

struct Section {
  const char* file;
  const char* en;
  const char* ru;
};

constexpr std::array sections{
    Section{"system", "The server and the site on it (health_check, deep_check)",
            "Сервер и сайт на нём (health_check, deep_check)"},
    Section{"http", "Answers of the site (smoke_check)", "Ответы сайта (smoke_check)"},
    Section{"deep", "What changes slowly (deep_check)", "Что меняется медленно (deep_check)"},
    Section{"site_errors", "Errors of the site's code", "Ошибки в коде сайта"},
    Section{"backup", "The nightly backup", "Ночная копия базы"},
    Section{"cleanup", "Cleaning up", "Уборка"},
    Section{"run", "The monitor itself", "Сам мониторинг"},
    Section{"heartbeat", "The watcher outside (heartbeat)", "Внешний наблюдатель (heartbeat)"},
    Section{"users", "The accounts of the checks", "Учётные записи проверок"},
    Section{"setup", "The installation (lectio-monitor-setup --check)",
            "Установка (lectio-monitor-setup --check)"}};

class Writer {
 public:
  Writer(Lang lang, const Config& config) : lang_(lang), config_(config) {}

  void heading(const Section& section) {
    text_ += fmt::format("\n## {}\n", lang_ == Lang::ru ? section.ru : section.en);
  }

  void check(const std::string& id, const Texts& texts) {
    text_ += fmt::format("\n### {} (`{}`)\n\n", say(texts.title), id);
    meaning(texts, "");
  }

  void observation(const LocalText& summary, const Texts& texts) {
    if (texts.meaning.empty() && texts.action.empty()) return;
    text_ += fmt::format("\n- **{}**\n", say(summary));
    meaning(texts, "  ");
  }

  std::string take() { return std::move(text_); }

 private:
  std::string say(const LocalText& text) const { return shown(text.in(lang_), config_); }

  void meaning(const Texts& texts, const std::string& indent) {
    if (!texts.meaning.empty()) text_ += fmt::format("{}{}\n", indent, say(texts.meaning));
    if (!texts.action.empty()) {
      text_ += fmt::format("{}{} {}\n", indent,
                           lang_ == Lang::ru ? "Что делать:" : "What to do:", say(texts.action));
    }
  }

  Lang lang_;
  const Config& config_;
  std::string text_;
};

void write_scenario(const std::string& path, Writer& writer) {
  const auto scenario = Scenario::parse(source(path), path);
  ASSERT_TRUE(scenario.has_value()) << scenario.error().message;
  for (const CheckInfo& info : scenario->checks()) {
    if (!info.texts.title.empty()) writer.check(info.id, info.texts);
  }
}

std::string reference(Lang lang) {
  const auto config =
      Config::parse("SITE_URL=\"https://lectio.example\"\n", "config.env",
                    [](const std::string&) { return std::optional<std::string>{}; });
  Writer writer{lang, *config};
  for (const Section& section : sections) {
    writer.heading(section);
    if (std::string_view{section.file} == "http")
      write_scenario("libcommon/site/smoke.json", writer);
    if (std::string_view{section.file} == "deep") {
      write_scenario("tools/deep_check/outside.json", writer);
    }
    CatalogueTexts texts;
    const std::string path = fmt::format("libcommon/alert/texts_{}.json", section.file);
    const auto added = add_part(section.file, source(path), texts);
    EXPECT_TRUE(added.has_value());
    for (const auto& [id, entry] : texts.checks) {
      if (!entry.texts.title.empty()) writer.check(id, entry.texts);
      for (const auto& [code, seen] : entry.by_code) writer.observation(seen.summary, seen.texts);
    }
    for (const auto& [code, entry] : texts.observations) {
      writer.observation(entry.summary, entry.texts);
    }
  }
  const std::string head =
      lang == Lang::ru
          ? "# Что значит каждое сообщение и что делать\n\nСделано из тех же текстов, что приходят "
            "в "
            "Telegram; имена юнитов и пути — по умолчанию, `…` — то, что\nувидела проверка. Как "
            "этим "
            "пользоваться: [operator.ru.md](operator.ru.md).\n"
          : "# What each alert means and what to do\n\nMade from the very texts that arrive in "
            "Telegram; units and paths are the defaults, `…` is what the check\nsaw. How to work "
            "with "
            "them: [operator.md](operator.md).\n";
  return head + writer.take();
}

TEST(AlertReference, IsWhatTheCatalogueSays) {
  expect_document("alerts.md", reference(Lang::en));
  expect_document("alerts.ru.md", reference(Lang::ru));
}

}  // namespace
}  // namespace lectio
