#include "check/template.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lectio {
namespace {

using testing::ElementsAre;

std::optional<std::string> variable(std::string_view name) {
  if (name == "PASSWORD") return "a\"b\\c";
  if (name == "PATH") return "/записи/?a=1&b=2 #c";
  return std::nullopt;
}

std::string filled(std::string_view text, Escape escape) {
  std::vector<std::string> missing;
  return fill_template(text, escape, variable, missing);
}

TEST(Template, FillsAsThePlaceNeedsIt) {
  EXPECT_EQ(filled("<${PASSWORD}>", Escape::none), "<a\"b\\c>");
  EXPECT_EQ(filled(R"({"p":"${PASSWORD}"})", Escape::json), R"({"p":"a\"b\\c"})");
  EXPECT_EQ(filled("${PATH}", Escape::url),
            "/%D0%B7%D0%B0%D0%BF%D0%B8%D1%81%D0%B8/?a=1&b=2%20%23c");
}

TEST(Template, WhatIsFilledInIsNotReadAgain) {
  std::vector<std::string> missing;
  const auto tricky = [](std::string_view) { return std::optional<std::string>{"${B}"}; };
  EXPECT_EQ(fill_template("${A}", Escape::none, tricky, missing), "${B}");
}

TEST(Template, NamesWhatIsMissingOnce) {
  std::vector<std::string> missing;
  EXPECT_EQ(fill_template("${A}${B}${A}", Escape::none, variable, missing), "");
  EXPECT_THAT(missing, ElementsAre("A", "B"));
}

TEST(Template, SaysWhatIsWrongWithOne) {
  EXPECT_EQ(template_error("$5 and ${PATH}"), "");
  EXPECT_EQ(template_error("${PATH"), "a ${ is not closed");
  EXPECT_EQ(template_error("${}"), "${} is no name of a variable");
  EXPECT_EQ(template_error("${A}/${B C}"), "${B C} is no name of a variable");
}

}  // namespace
}  // namespace lectio
