#include "alert/html.hpp"

#include <gtest/gtest.h>

namespace lectio {
namespace {

using namespace std::string_literals;

TEST(EscapedTest, KeepsOrdinaryText) {
  EXPECT_EQ(escaped("Вход: «HTTP 500» – 日本 🚀\nдальше \"так\""),
            "Вход: «HTTP 500» – 日本 🚀\nдальше \"так\"");
}

TEST(EscapedTest, LeavesNothingThatIsATagOrAnEntity) {
  EXPECT_EQ(escaped("<b>&lt;</b>"), "&lt;b&gt;&amp;lt;&lt;/b&gt;");
}

TEST(EscapedTest, ReplacesWhatSteersAReader) {
  EXPECT_EQ(escaped("a\0b\x1B[31m\x7F\u009B"s), "a\uFFFDb\uFFFD[31m\uFFFD\uFFFD");
  EXPECT_EQ(escaped("a\u202Eb\u2066c\u200Fd\u061Ce\u2028f"),
            "a\uFFFDb\uFFFDc\uFFFDd\uFFFDe\uFFFDf");
}

TEST(EscapedTest, ReplacesWhatIsNoUtf8) {
  EXPECT_EQ(escaped("\xD0\xFF!\xED\xA0\x80"), "\uFFFD\uFFFD!\uFFFD\uFFFD\uFFFD");
}

TEST(EscapedTest, KnowsOneKindOfLineBreak) { EXPECT_EQ(escaped("a\r\nb\tc\rd"), "a\nb c\uFFFDd"); }

TEST(EscapedTest, MakesCommandsOfBackticks) {
  EXPECT_EQ(escaped("Запуск: `nginx -t && a <b>`, затем `x`"),
            "Запуск: <code>nginx -t &amp;&amp; a &lt;b&gt;</code>, затем <code>x</code>");
}

TEST(EscapedTest, LeavesBackticksThatHoldNoCommand) {
  for (const char* text : {"`", "a ` b", "``", "` `", "`a\nb`", "`cut sho…"}) {
    EXPECT_EQ(escaped(text), text);
  }
  EXPECT_EQ(escaped("```x```"), "``<code>x</code>``");
}

TEST(EscapedTest, MakesNoMoreCommandsThanItMay) {
  EXPECT_EQ(escaped("`a` `b` `c`", 2), "<code>a</code> <code>b</code> `c`");
  EXPECT_EQ(escaped("`<a>`", 0), "`&lt;a&gt;`");
}

TEST(OneLineTest, LeavesOneSpaceOfMany) {
  EXPECT_EQ(one_line(" \n a\r\n\r\n b\t\tc "), "a b c");
  EXPECT_EQ(one_line(" \n "), "");
}

TEST(CutToUnitsTest, LeavesWhatFits) {
  EXPECT_EQ(cut_to_units("Учитель", 7), "Учитель");
  EXPECT_EQ(cut_to_units("", 1), "");
  EXPECT_EQ(cut_to_units("🚀🚀", 4), "🚀🚀");
}

TEST(CutToUnitsTest, MarksWhatIsLeftOut) {
  EXPECT_EQ(cut_to_units("Учитель", 6), "Учите…");
  EXPECT_EQ(cut_to_units("ab", 1), "…");
}

TEST(CutToUnitsTest, NeverHalvesACodePoint) {
  EXPECT_EQ(cut_to_units("🚀🚀", 3), "🚀…");
  EXPECT_EQ(cut_to_units("🚀🚀", 2), "…");
  EXPECT_EQ(cut_to_units("\xFF\xFF\xFF", 2), "\xFF…");
}

TEST(PlainTextTest, HasNoTagsAndNoEntities) {
  EXPECT_EQ(
      plain_text("🔴 <b>Lectio: a &lt;b&gt;</b>\n\n<code>x &amp;&amp; y</code> &quot;z&quot;"),
      "🔴 Lectio: a <b>\n\nx && y \"z\"");
}

TEST(PlainTextTest, LeavesWhatIsNoHtml) {
  for (const char* text : {"a < b > c", "1 <2", "&nbsp; & &;", "<", "</", "a <b"}) {
    EXPECT_EQ(plain_text(text), text);
  }
}

TEST(PlainTextTest, UndoesEscaping) {
  const std::string text = "a <b>&amp; \"c\" 🚀\nd";
  EXPECT_EQ(plain_text(escaped(text)), text);
}

TEST(LengthAfterParsingTest, CountsUtf16UnitsOfWhatIsShown) {
  EXPECT_EQ(length_after_parsing(""), 0U);
  EXPECT_EQ(length_after_parsing("<b>Вход</b>\n<code>&lt;&amp;</code>"), 7U);
  EXPECT_EQ(length_after_parsing("🚀日é"), 4U);
}

TEST(EntitiesOfTest, CountsOpeningTags) {
  EXPECT_EQ(entities_of("a &lt;b&gt;"), 0U);
  EXPECT_EQ(entities_of("<b>a</b> <code>b</code>"), 2U);
}

}  // namespace
}  // namespace lectio
