#include "base/utf8.hpp"

#include <gtest/gtest.h>

namespace lectio {
namespace {

TEST(Utf8Test, LeavesWhatIsValidAsItIs) {
  for (const char* text :
       {"", "plain", "Учитель", "日本語", "🚀", "\u07FF\u0800\uFFFF\U0010FFFF"}) {
    EXPECT_EQ(valid_utf8(text), text);
  }
}

TEST(Utf8Test, TakesOneCodePointAtATime) {
  std::string_view text = "aя€🚀";
  EXPECT_EQ(take_code_point(text), U'a');
  EXPECT_EQ(take_code_point(text), U'я');
  EXPECT_EQ(take_code_point(text), U'€');
  EXPECT_EQ(take_code_point(text), U'🚀');
  EXPECT_TRUE(text.empty());
}

TEST(Utf8Test, ReplacesStrayBytesOneByOne) {
  EXPECT_EQ(valid_utf8("a\xFFz"), "a\uFFFDz");
  EXPECT_EQ(valid_utf8("\x80\xBF"), "\uFFFD\uFFFD");
  EXPECT_EQ(valid_utf8("\xF8\x88"), "\uFFFD\uFFFD");
}

TEST(Utf8Test, ReplacesASequenceThatIsCutShortAndKeepsWhatFollows) {
  EXPECT_EQ(valid_utf8("\xD0"), "\uFFFD");
  EXPECT_EQ(valid_utf8("\xD0!"), "\uFFFD!");
  EXPECT_EQ(valid_utf8("\xE2\x82я"), "\uFFFD\uFFFDя");
}

TEST(Utf8Test, RefusesOverlongFormsSurrogatesAndWhatIsBeyondUnicode) {
  EXPECT_EQ(valid_utf8("\xC0\xAF"), "\uFFFD\uFFFD");                      // a slash in two bytes
  EXPECT_EQ(valid_utf8("\xE0\x80\xAF"), "\uFFFD\uFFFD\uFFFD");            // in three
  EXPECT_EQ(valid_utf8("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");            // U+D800
  EXPECT_EQ(valid_utf8("\xF4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD");  // U+110000
}

TEST(Utf8Test, FindsTheFirstBadByteWhereverItIs) {
  const std::string good = "Plain words, Учитель и 日本語 🚀, and еще 12345678 letters of one byte";
  EXPECT_EQ(invalid_utf8_at(good), std::string_view::npos);
  for (std::size_t at = 0; at <= good.size(); ++at) {
    const bool splits = at < good.size() && (static_cast<unsigned char>(good[at]) & 0xC0U) == 0x80U;
    if (splits) continue;
    for (const char* bad : {"\xFF", "\x80", "\xC1\xBF", "\xD0", "\xE2\x82", "\xED\xA0\x80"}) {
      std::string text = good;
      text.insert(at, bad);
      EXPECT_EQ(invalid_utf8_at(text), at) << at;
    }
    EXPECT_EQ(invalid_utf8_at(std::string_view{good}.substr(0, at)), std::string_view::npos);
  }
}

}  // namespace
}  // namespace lectio
