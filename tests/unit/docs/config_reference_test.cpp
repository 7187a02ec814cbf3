// docs/configuration*.md: every key, in the order and under the headings of config.env.example.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cctype>
#include <set>
#include <sstream>

#include "docs/generated.hpp"
#include "site/config.hpp"

namespace lectio {
namespace {

std::string cell(std::string_view text) {
  std::string plain;
  for (const char c : text) plain += c == '|' ? std::string{"\\|"} : std::string(1, c);
  return plain;
}

std::string kind(const ConfigKey& key, Lang lang) {
  const bool ru = lang == Lang::ru;
  switch (key.kind) {
    case KeyKind::text:
      return ru ? "текст" : "text";
    case KeyKind::url:
      return ru ? "адрес" : "address";
    case KeyKind::path:
      return ru ? "путь" : "path";
    case KeyKind::number:
      return ru ? "число" : "number";
    case KeyKind::percent:
      return ru ? "число от 0 до 100" : "number, 0 to 100";
    case KeyKind::count:
      return ru ? "целое больше 0" : "whole number above 0";
    case KeyKind::timeout:
      return ru ? "секунды или 90s, 10m, 2h; больше 0" : "seconds, or 90s, 10m, 2h; above 0";
    case KeyKind::seconds:
      return ru ? "секунды или 90s, 10m, 2h" : "seconds, or 90s, 10m, 2h";
    case KeyKind::durations:
      return ru ? "сроки через запятую" : "times between commas";
    case KeyKind::flag:
      return ru ? "0 или 1" : "0 or 1";
    case KeyKind::list:
      return ru ? "список через пробел или запятую" : "list, by spaces or commas";
    case KeyKind::severities:
      return "critical high medium low";
    case KeyKind::choice:
      return cell(key.choices);
    case KeyKind::secret:
      return ru ? "секрет" : "secret";
  }
  return "";
}

std::string reference(Lang lang) {
  const bool ru = lang == Lang::ru;
  std::string text =
      ru ? "# Ключи config.env\n\nСделано из таблицы ключей в коде: здесь все ключи, какие есть. "
           "Порядок и разделы — как в\n[config.env.example](../config.env.example). Командная "
           "строка "
           "важнее окружения, окружение важнее файла,\nфайл важнее умолчания; `${KEY}` в умолчании "
           "— "
           "значение другого ключа. Опечатку в имени ключа назовёт\n`health_check --check-config`, "
           "неверное значение — ошибка с файлом, строкой и ключом.\n"
         : "# Keys of config.env\n\nMade from the code's own table: these are all the keys there "
           "are. "
           "Order and sections are those of\n[config.env.example](../config.env.example). Command "
           "line "
           "goes over environment, environment over file,\nfile over default; `${KEY}` in a "
           "default is "
           "another key's value. A misspelt key is named by\n`health_check --check-config`, a "
           "wrong "
           "value is an error with file, line and key.\n";
  std::set<std::string_view> told;
  std::istringstream example{
      read_file(std::string{SOURCE_DIR} + "/config.env.example").value_or("")};
  for (std::string line; std::getline(example, line);) {
    if (line.starts_with("# --- ")) {
      const std::string title = line.substr(6, line.find(" -", 6) - 6);
      text += fmt::format("\n## {}\n\n| {} | {} | {} | {} |\n|---|---|---|---|\n", title,
                          ru ? "ключ" : "key", ru ? "что это" : "what it is", ru ? "вид" : "kind",
                          ru ? "умолчание" : "default");
      continue;
    }
    const std::size_t begin = line.starts_with('#') ? 1 : 0;
    const std::string name = line.substr(begin, line.find('=', begin) - begin);
    for (const ConfigKey& key : config_keys()) {
      if (key.name != name || !told.insert(key.name).second) continue;
      text += fmt::format("| `{}` | {} | {} | {} |\n", key.name, cell(ru ? key.ru : key.en),
                          kind(key, lang),
                          key.fallback.empty() ? "" : fmt::format("`{}`", key.fallback));
    }
  }
  for (const ConfigKey& key : config_keys()) {
    EXPECT_TRUE(told.contains(key.name)) << key.name << " is not in config.env.example";
  }
  return text;
}

TEST(ConfigReference, IsWhatTheTableSays) {
  expect_document("configuration.md", reference(Lang::en));
  expect_document("configuration.ru.md", reference(Lang::ru));
}

}  // namespace
}  // namespace lectio
