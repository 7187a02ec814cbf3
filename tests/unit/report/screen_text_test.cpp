#include "report/screen_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/report.hpp"

namespace lectio {
namespace {

using testing::ElementsAre;

TEST(OnScreenTest, KeepsOrdinaryText) {
  EXPECT_EQ(on_screen("Вход: «HTTP 500» – 日本 🚀"), "Вход: «HTTP 500» – 日本 🚀");
}

TEST(OnScreenTest, MakesOneLine) { EXPECT_EQ(on_screen("a\nb\tc\r\nd"), "a b c  d"); }

TEST(OnScreenTest, DisarmsEscapeSequences) {
  EXPECT_EQ(on_screen("\x1B[31mred\x1B]0;title\x07"), "\uFFFD[31mred\uFFFD]0;title\uFFFD");
  EXPECT_EQ(on_screen("\u009B31m\x7F\x08"), "\uFFFD31m\uFFFD\uFFFD");
}

TEST(OnScreenTest, DoesNotLetAStrangerTurnTheTextAround) {
  EXPECT_EQ(on_screen("a\u202Eb\u2066c\u200Fd\u2028e"), "a\uFFFDb\uFFFDc\uFFFDd\uFFFDe");
}

TEST(OnScreenTest, ReplacesWhatIsNoUtf8) { EXPECT_EQ(on_screen("\xD0\xFF!"), "\uFFFD\uFFFD!"); }

TEST(CutToTest, LeavesWhatFits) { EXPECT_EQ(cut_to("Учитель", 7), "Учитель"); }

TEST(CutToTest, MarksWhatIsLeftOut) {
  EXPECT_EQ(cut_to("Учитель", 6), "Учите…");
  EXPECT_EQ(cut_to("日本語", 4), "日…");  // the next one would need two columns
  EXPECT_EQ(cut_to("и\u0306и\u0306и\u0306", 2), "и\u0306…");
}

TEST(PadTest, FillsUpByColumns) {
  EXPECT_EQ(pad_end("日", 4) + "|", "日  |");
  EXPECT_EQ(pad_front("мс", 4), "  мс");
  EXPECT_EQ(pad_end("long", 2), "long");
}

TEST(WrapTest, BreaksBetweenWords) {
  EXPECT_THAT(wrap("сайт не открывается ни у кого", 12),
              ElementsAre("сайт не", "открывается", "ни у кого"));
  EXPECT_THAT(wrap("  a   b ", 12), ElementsAre("a b"));
  EXPECT_THAT(wrap("", 12), ElementsAre(""));
}

TEST(WrapTest, UsesTheLastColumn) {
  EXPECT_THAT(wrap("один два", 8), ElementsAre("один два"));
  EXPECT_THAT(wrap("один два", 7), ElementsAre("один", "два"));
}

TEST(WrapTest, BreaksAWordThatIsTooLongForALine) {
  EXPECT_THAT(wrap("ab абвгдеёжз x", 4), ElementsAre("ab", "абвг", "деёж", "з x"));
  EXPECT_THAT(wrap("日本語", 5), ElementsAre("日本", "語"));
}

TEST(WrapTest, KeepsACommandWholeSoThatItCanBeCopied) {
  EXPECT_THAT(wrap("Журнал: `journalctl -u x -n 50`, потом чай", 16),
              ElementsAre("Журнал:", "`journalctl -u x -n 50`,", "потом чай"));
}

TEST(WrapTest, ALoneBacktickIsAnOrdinaryCharacter) {
  EXPECT_THAT(wrap("a `b c d", 4), ElementsAre("a `b", "c d"));
}

TEST(WrapTest, NoLineOfOrdinaryWordsIsWider) {
  const std::string text =
      "слово 日本語日本語日本語 e\u0301e\u0301 \xFF\xFF\xFF\xFF 🚀🚀🚀🚀🚀🚀 конец";
  for (int width = 2; width < 40; ++width) {
    for (const std::string& line : wrap(text, width)) EXPECT_LE(display_width(line), width);
  }
}

}  // namespace
}  // namespace lectio
