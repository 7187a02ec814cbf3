// config.env.example against the table of keys, and the table against the code.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <filesystem>
#include <set>
#include <sstream>

#include "io/file.hpp"
#include "site/config.hpp"
#include "site/config_file.hpp"

namespace lectio {
namespace {

std::string source(const std::string& path) {
  return read_file(std::string{SOURCE_DIR} + "/" + path).value_or("");
}

bool is_commented_out(const std::string& line) {
  return line.size() > 2 && line[0] == '#' && std::isupper(line[1]) != 0 &&
         line.find('=') != std::string::npos;
}

// The example with every commented-out assignment in force.
std::string example_uncommented() {
  std::string text;
  std::istringstream lines{source("config.env.example")};
  for (std::string line; std::getline(lines, line);) {
    text += (is_commented_out(line) ? line.substr(1) : line) + "\n";
  }
  return text;
}

std::set<std::string, std::less<>> documented_keys() {
  std::set<std::string, std::less<>> names;
  for (const ConfigKey& key : config_keys()) names.emplace(key.name);
  return names;
}

TEST(ConfigExample, IsAccepted) {
  const auto config = Config::parse(source("config.env.example"), "config.env.example",
                                    [](const std::string&) { return std::nullopt; });
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_THAT(config->warnings(), testing::IsEmpty());
}

TEST(ConfigExample, NamesEveryKeyOnce) {
  const auto file = parse_config_file(example_uncommented(), "config.env.example");
  ASSERT_TRUE(file) << file.error().message;
  std::vector<std::string> names;
  for (const Assignment& assignment : file->assignments) names.push_back(assignment.key);
  const auto documented = documented_keys();
  EXPECT_THAT(names, testing::UnorderedElementsAreArray(documented));
}

TEST(ConfigExample, WhatIsCommentedOutIsTheDefaultOrMarkedAsAnExample) {
  const auto config = Config::parse(source("config.env.example"), "config.env.example",
                                    [](const std::string&) { return std::nullopt; });
  ASSERT_TRUE(config) << config.error().message;
  std::istringstream lines{source("config.env.example")};
  for (std::string line; std::getline(lines, line);) {
    if (!is_commented_out(line)) continue;
    const auto file = parse_config_file(line.substr(1), "config.env.example");
    ASSERT_TRUE(file && file->assignments.size() == 1) << line;
    const Assignment& shown = file->assignments.front();
    const bool is_example = line.ends_with("# example");
    EXPECT_EQ(config->text(shown.key), is_example ? "" : shown.value) << line;
  }
}

TEST(ConfigExample, EveryKeyIsReadBySomething) {
  std::string code;
  std::string fallbacks;
  for (const char* folder : {"/libcommon", "/tools"}) {
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator{std::string{SOURCE_DIR} + folder}) {
      const auto extension = entry.path().extension();
      const bool carries_keys = extension == ".cpp" || extension == ".json";
      if (!carries_keys) continue;
      const bool table = entry.path().filename() == "config_keys.cpp";
      (table ? fallbacks : code) += read_file(entry.path().string()).value_or("");
    }
  }
  for (const std::string& name : documented_keys()) {
    const bool read = code.find('"' + name + '"') != std::string::npos ||
                      code.find("{" + name + "}") != std::string::npos ||
                      fallbacks.find("${" + name + "}") != std::string::npos;
    EXPECT_TRUE(read) << name << " is documented and read by nothing";
  }
}

}  // namespace
}  // namespace lectio
