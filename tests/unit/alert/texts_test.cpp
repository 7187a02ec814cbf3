// Every text that the suite ships, in all parts of the catalogue.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <regex>
#include <string>
#include <vector>

#include "alert/catalogue.hpp"
#include "io/file.hpp"
#include "io/json.hpp"

namespace lectio {
namespace {

using testing::Contains;

std::vector<std::filesystem::path> parts() {
  std::vector<std::filesystem::path> found;
  for (const auto& file : std::filesystem::directory_iterator(SOURCE_DIR "/libcommon/alert")) {
    if (file.path().extension() == ".json") found.push_back(file.path());
  }
  return found;
}

JsonDocument part(const std::filesystem::path& path) {
  const auto text = read_file(path.string());
  if (!text) throw std::runtime_error(text.error().message);
  auto document = parse_json(*text);
  if (!document) throw std::runtime_error(document.error().message);
  return *std::move(document);
}

using Visit =
    std::function<void(const std::string& where, std::string_view lang, const std::string& text)>;

// Calls `visit` for each text in one language.
void each_text(const JsonValue& value, const std::string& where, const Visit& visit) {
  for (const auto& member : value.GetObject()) {
    const std::string name{as_text(member.name)};
    if (member.value.IsObject()) {
      each_text(member.value, fmt::format("{}.{}", where, name), visit);
    } else {
      visit(where, name, std::string{as_text(member.value)});
    }
  }
}

void each_text(const Visit& visit) {
  for (const auto& path : parts()) each_text(part(path), path.filename().string(), visit);
}

bool holds_cyrillic(const std::string& text) {
  return std::ranges::any_of(text, [](char c) { return c == '\xD0' || c == '\xD1'; });
}

// Without what {placeholders} and `commands` say in no language.
std::string words_of(const std::string& text) {
  static const std::regex wordless{R"(\{\w+\}|`[^`]*`|[A-Z]{2,}|—|–|•|·|[^A-Za-z\x80-\xFF])"};
  return std::regex_replace(text, wordless, "");
}

TEST(TextsTest, AllPartsMakeOneCatalogue) {
  const std::vector<std::string> checks = Catalogue::builtin().check_ids();
  const std::vector<std::string> codes = Catalogue::builtin().observation_codes();
  const std::vector<std::string> phrases = Catalogue::builtin().phrase_keys();
  for (const auto& path : parts()) {
    const JsonDocument document = part(path);
    for (const auto& [section, known] :
         {std::pair{"checks", checks}, {"observations", codes}, {"phrases", phrases}}) {
      const auto found = document.FindMember(section);
      if (found == document.MemberEnd()) continue;
      for (const auto& entry : found->value.GetObject()) {
        EXPECT_THAT(known, Contains(std::string{as_text(entry.name)})) << path;
      }
    }
  }
  EXPECT_GE(codes.size(), 100U);
}

TEST(TextsTest, RussianOnesAreRussianAndEnglishOnesAreNot) {
  int seen = 0;
  each_text([&](const std::string& where, std::string_view lang, const std::string& text) {
    ++seen;
    if (lang == "en") {
      EXPECT_FALSE(holds_cyrillic(text)) << where << ": " << text;
    } else if (!words_of(text).empty()) {
      EXPECT_TRUE(holds_cyrillic(text)) << where << ": " << text;
    }
  });
  EXPECT_GE(seen, 400);
}

TEST(TextsTest, SayNoDifferentFactsInTheTwoLanguages) {
  static const std::regex placeholder{R"(\{\w+\})"};
  std::map<std::string, std::array<std::multiset<std::string>, 2>> named;
  each_text([&](const std::string& where, std::string_view lang, const std::string& text) {
    for (std::sregex_iterator at{text.begin(), text.end(), placeholder}, end; at != end; ++at) {
      named[where].at(lang == "ru" ? 0 : 1).insert(at->str());
    }
  });
  for (const auto& [where, languages] : named) EXPECT_EQ(languages[0], languages[1]) << where;
}

// A part in brackets goes away when its facts are unknown; a bracket that is meant is doubled.
TEST(TextsTest, KeepTheBracketsOfTheirCommands) {
  static const std::regex doubled{R"(\[\[|\]\])"};
  static const std::regex part_without_a_fact{R"(\[[^\]{]*\])"};
  each_text([](const std::string& where, std::string_view, const std::string& text) {
    const std::string single = std::regex_replace(text, doubled, "");
    EXPECT_FALSE(std::regex_search(single, part_without_a_fact)) << where << ": " << text;
  });
}

// What every Debian has where it has it is no matter of configuration.
TEST(TextsTest, TakeUnitsAndPathsFromTheConfiguration) {
  static const std::regex path{
      R"(/var/(?!spool/cron)|/opt/|/srv/|/home/|/etc/nginx|teaching[_-]panel|lectio\.tw1|lectiospace)"};
  static const std::regex unit{
      R"((systemctl (start|stop|restart|reload|status|enable|disable)|journalctl -u) (?!cron|postgresql)[a-z])"};
  each_text([](const std::string& where, std::string_view, const std::string& text) {
    EXPECT_FALSE(std::regex_search(text, path)) << where << ": " << text;
    EXPECT_FALSE(std::regex_search(text, unit)) << where << ": " << text;
  });
}

TEST(TextsTest, CloseEveryBacktick) {
  each_text([](const std::string& where, std::string_view, const std::string& text) {
    EXPECT_EQ(std::ranges::count(text, '`') % 2, 0) << where << ": " << text;
  });
}

}  // namespace
}  // namespace lectio
