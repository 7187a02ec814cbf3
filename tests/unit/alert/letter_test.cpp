#include "alert/letter.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "alert/telegram_html.hpp"

namespace lectio {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

std::string more(std::size_t left_out) { return fmt::format("and {} more", left_out); }

TEST(LetterTest, GrowsByLinesAndGaps) {
  Letter letter;
  letter.gap();
  letter.line("a");
  letter.line("b");
  letter.gap();
  letter.line("");
  letter.gap();
  letter.line("c");
  EXPECT_EQ(letter.text(), "a\nb\n\nc");
}

TEST(LetterTest, RefusesWhatDoesNotFit) {
  Letter letter;
  EXPECT_TRUE(letter.line(std::string(4000, 'a')));
  EXPECT_FALSE(letter.line(std::string(95, 'b')));
  EXPECT_TRUE(letter.line(std::string(94, 'c')));
  EXPECT_FALSE(letter.line("d"));
  EXPECT_EQ(read_telegram_html(letter.text()).fault, "");
}

TEST(LetterTest, RefusesTooManyEntities) {
  Letter letter;
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(letter.line("<code>a</code>"));
  EXPECT_FALSE(letter.line("<code>a</code>"));
  EXPECT_TRUE(letter.line("a"));
}

TEST(LetterTest, ListsWhatAPersonReads) {
  Letter letter;
  letter.list(std::vector<std::string>(12, "a"), more, {});
  EXPECT_THAT(letter.text(), EndsWith("a\na"));
  letter.list(std::vector<std::string>(300, "b"), more, {});
  EXPECT_THAT(letter.text(), EndsWith("b\nb\nand 288 more"));
}

TEST(LetterTest, ListsWhatLeavesRoomForTheEnd) {
  Letter foot;
  foot.line(std::string(500, 'f'));
  Letter letter;
  letter.list(std::vector<std::string>(9, std::string(700, 'a')), more, foot);
  letter.append(foot);
  EXPECT_THAT(letter.text(), HasSubstr("a\nand 4 more\n\nf"));
  EXPECT_EQ(read_telegram_html(letter.text()).fault, "");
}

}  // namespace
}  // namespace lectio
