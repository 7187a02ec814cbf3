#include <gtest/gtest.h>

#include "report/report.hpp"
#include "report/screen_text.hpp"
#include "report/width_table.hpp"

namespace lectio {
namespace {

TEST(DisplayWidthTest, CountsColumnsNotBytes) {
  EXPECT_EQ(display_width(""), 0);
  EXPECT_EQ(display_width("nginx"), 5);
  EXPECT_EQ(display_width("Учитель"), 7);
  EXPECT_EQ(display_width("ёЁ№«»–…✓✗"), 9);
}

TEST(DisplayWidthTest, EastAsianAndEmojiTakeTwo) {
  EXPECT_EQ(display_width("日本語"), 6);
  EXPECT_EQ(display_width("한국"), 4);
  EXPECT_EQ(display_width("ＡＢ"), 4);
  EXPECT_EQ(display_width("🚀🔴"), 4);
}

TEST(DisplayWidthTest, WhatJoinsTheCharacterBeforeItTakesNone) {
  EXPECT_EQ(display_width("и\u0306"), 1);  // й of two code points
  EXPECT_EQ(display_width("e\u0301\u0323"), 1);
  EXPECT_EQ(display_width("\u200B\u200D\uFEFF"), 0);
  EXPECT_EQ(display_width("\u1112\u1161\u11AB"), 2);  // 한 of three
  EXPECT_EQ(display_width("⚠\uFE0F"), 1);
}

TEST(DisplayWidthTest, ControlCharactersTakeNoneAndWrongBytesOneEach) {
  EXPECT_EQ(display_width("\x1B\x07\x7F\u009B"), 0);
  EXPECT_EQ(display_width("\xFF\xD0"), 2);
}

template <class Table>
void expect_sorted(const Table& table) {
  char32_t last = 0;
  for (const Span& span : table) {
    EXPECT_LT(last, span.first);
    EXPECT_LE(span.first, span.last);
    last = span.last;
  }
}

TEST(WidthTableTest, IsSortedAsTheSearchNeedsIt) {
  expect_sorted(zero_width);
  expect_sorted(double_width);
}

}  // namespace
}  // namespace lectio
