#include "io/json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lectio {
namespace {

using testing::HasSubstr;

std::string error_of(std::string_view text) {
  const auto document = parse_json(text);
  return document ? "" : document.error().message;
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(Json, AsDeepAs64Levels) {
  EXPECT_EQ(error_of(nested(64)), "");
  EXPECT_THAT(error_of(nested(65)), HasSubstr("deeper than 64 levels"));
  EXPECT_THAT(error_of(R"({"a":)" + nested(64) + "}"), HasSubstr("deeper than 64 levels"));
}

TEST(Json, AsManyNeighboursAsThereAre) {
  std::string text = "[";
  for (int i = 0; i < 1000; ++i) text += R"([{"a":[]}],)";
  EXPECT_EQ(error_of(text + "{}]"), "");
}

TEST(Json, DepthCostsNoStack) {
  EXPECT_THAT(error_of(std::string(5'000'000, '[')), HasSubstr("deeper"));
  EXPECT_THAT(error_of(std::string(5'000'000, '{')), HasSubstr("byte 1"));
}

TEST(Json, EveryKindOfValueArrives) {
  const auto document = parse_json(
      R"([null, true, -1, 1, -9007199254740993, 18446744073709551615, 1.5, "а\u0000я", {"k": []}])");
  ASSERT_TRUE(document) << document.error().message;
  const auto& list = *document;
  EXPECT_TRUE(list[0].IsNull());
  EXPECT_TRUE(list[1].GetBool());
  EXPECT_EQ(list[2].GetInt(), -1);
  EXPECT_EQ(list[3].GetUint(), 1U);
  EXPECT_EQ(list[4].GetInt64(), -9007199254740993);
  EXPECT_EQ(list[5].GetUint64(), 18446744073709551615U);
  EXPECT_EQ(list[6].GetDouble(), 1.5);
  EXPECT_EQ(as_text(list[7]), std::string_view("а\0я", 5));
  EXPECT_TRUE(list[8]["k"].IsArray());
}

TEST(Json, WhatIsNoJsonIsNamedWithItsByte) {
  EXPECT_THAT(error_of(""), HasSubstr("empty"));
  EXPECT_THAT(error_of("{} x"), HasSubstr("byte 3"));
  EXPECT_THAT(error_of(std::string_view{"{}\0{", 4}), HasSubstr("byte 2"));
  EXPECT_THAT(error_of(R"({"a": )"), HasSubstr("byte 6"));
}

TEST(Json, OnlyUtf8) {
  EXPECT_EQ(error_of("\xEF\xBB\xBF[1]"), "");  // the byte order mark of an editor
  EXPECT_EQ(error_of("[\"\xEF\xBF\xBD\"]"), "");
  EXPECT_EQ(error_of("[\"\xC3\x28\"]"), "Not UTF-8 (byte 2)");
  EXPECT_EQ(error_of("[\"\xED\xA0\x80\"]"), "Not UTF-8 (byte 2)");  // half of a pair
  EXPECT_EQ(error_of("[\"ab\xD0"), "Not UTF-8 (byte 4)");
  EXPECT_THAT(error_of(R"(["\ud800"])"), HasSubstr("surrogate"));
}

}  // namespace
}  // namespace lectio
