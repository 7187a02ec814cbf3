#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "report/report.hpp"
#include "report/reports.hpp"
#include "report/screen_text.hpp"

namespace lectio {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

class ConsoleTest : public testing::Test {
 protected:
  void SetUp() override {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
  }
  void TearDown() override {
    ::unsetenv("TZ");
    ::tzset();
  }
  std::string told() const { return to_console(report, style); }

  Report report = one_root();
  ConsoleStyle style;
};

TEST_F(ConsoleTest, ShowsEverythingThatMattersAtOnce) {
  EXPECT_EQ(told(),
            "✗ smoke_check: 2 из 5 не в порядке, не проверялось: 2\n"
            "  lectio-prod-1 · 2026-11-24 03:10:36 UTC · 513 мс\n"
            "\n"
            "✓ Главная страница  HTTP 200        12 мс\n"
            "✗ Вход учителя      HTTP 500        12 мс\n"
            "✗ Вход ученика      HTTP 500        12 мс\n"
            "– Уроки             не проверялось\n"
            "– Группы            не проверялось\n"
            "\n"
            "✗ Вход учителя\n"
            "  HTTP 500\n"
            "  Что это значит: Учителя не могут войти.\n"
            "  Что делать: Посмотрите журнал: `journalctl -u teaching_panel -n 50`\n"
            "  Следствия: Вход ученика, Уроки, Группы\n");
}

TEST_F(ConsoleTest, SpeaksEnglishToo) {
  style.lang = Lang::en;
  const std::string text = told();
  EXPECT_THAT(text, StartsWith("✗ smoke_check: 2 of 5 not ok, not checked: 2"));
  for (const char* label : {"What it means: ", "What to do: ", "Consequences: ", "12 ms"}) {
    EXPECT_THAT(text, HasSubstr(label));
  }
}

TEST_F(ConsoleTest, CountsWhatIsWell) {
  report = report_of({entry("a", Status::ok, "A", ""), entry("b", Status::ok, "B", "")});
  EXPECT_THAT(told(), StartsWith("✓ smoke_check: 2 из 2 в порядке · lectio-prod-1 · "));
  report.entries.clear();
  EXPECT_THAT(told(), StartsWith("✓ smoke_check: ничего не проверялось"));
}

TEST_F(ConsoleTest, DoesNotCallAFailureWhatItCouldNotFindOut) {
  report = report_of({entry("a", Status::ok, "A", ""), entry("b", Status::unknown, "B", "")});
  EXPECT_THAT(told(), StartsWith("! smoke_check: 1 из 2 в порядке, не удалось узнать: 1"));
}

TEST_F(ConsoleTest, QuietlySaysNothingWhenThereIsNothingToSay) {
  style.detail = Detail::problems;
  report = report_of({entry("a", Status::ok, "A", ""), skipped("b", "B", "")});
  EXPECT_EQ(told(), "");
  report.notes = {"config.env:3: unknown key"};
  EXPECT_THAT(told(), EndsWith("\nЗамечание: config.env:3: unknown key\n"));
}

TEST_F(ConsoleTest, QuietlyTellsProblemsWithoutTheTable) {
  style.detail = Detail::problems;
  EXPECT_THAT(told(), HasSubstr("Что делать"));
  EXPECT_THAT(told(), HasSubstr("Следствия: Вход ученика, Уроки, Группы"));
  EXPECT_THAT(told(), Not(HasSubstr("Главная страница")));
}

TEST_F(ConsoleTest, ShowsFactsWhenAsked) {
  report.entries[0].verdict.facts.set("status", 200).set("server", "nginx 1.22").set("empty", "");
  EXPECT_THAT(told(), Not(HasSubstr("status=200")));
  style.detail = Detail::facts;
  EXPECT_THAT(told(), HasSubstr("\n    status=200 server=\"nginx 1.22\" empty=\"\"\n"));
  EXPECT_THAT(told(), HasSubstr("\n    cause=timeout\n"));
}

TEST_F(ConsoleTest, ColumnsStayInLineWhateverTheScript) {
  report =
      report_of({entry("a", Status::ok, "Вход", "быстро"), entry("b", Status::ok, "日本", "🚀"),
                 entry("c", Status::ok, "и\u0306", "ok")});
  const auto lines = lines_of(told());
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_EQ(lines[2], "✓ Вход  быстро  12 мс");
  EXPECT_EQ(lines[3], "✓ 日本  🚀      12 мс");
  EXPECT_EQ(lines[4], "✓ и\u0306     ok      12 мс");
}

TEST_F(ConsoleTest, FitsTheTerminal) {
  report.entries[0].title = "Очень длинное название проверки главной страницы сайта";
  report.entries[0].summary = "ответ, который не помещается никуда: " + std::string(200, 'x');
  report.entries[1].summary = "слово " + std::string(200, 'x');
  report.notes = {"заметка " + std::string(200, 'x')};
  style.detail = Detail::facts;
  report.entries[1].verdict.facts.set("body", std::string(300, 'y'));
  report.entries[1].action = "Посмотрите журнал.";
  for (const int width : {40, 60, 80, 100}) {
    style.width = width;
    for (const std::string& line : lines_of(told())) {
      EXPECT_LE(display_width(line), width) << line;
    }
  }
  style.width = 80;
  EXPECT_THAT(told(), HasSubstr("✓ Очень длинное название проверки…  ответ, который"));
}

TEST_F(ConsoleTest, WrapsLongTextUnderItsLabel) {
  style.width = 44;
  report.entries[1].meaning =
      "Учителя не могут войти, уроки не начать и домашние задания не проверить.";
  EXPECT_THAT(told(), HasSubstr("  Что это значит: Учителя не могут войти,\n"
                                "    уроки не начать и домашние задания не\n"
                                "    проверить.\n"));
  EXPECT_THAT(told(), HasSubstr("\n    `journalctl -u teaching_panel -n 50`\n"));
}

TEST_F(ConsoleTest, ShowsTimesAsAPersonReadsThem) {
  for (const auto& [took, shown] :
       {std::pair{999, "999 мс"}, {1000, "1.0 с"}, {15003, "15.0 с"}, {120400, "120 с"}}) {
    report.took = Milliseconds{took};
    EXPECT_THAT(told(), HasSubstr(std::string{" · "} + shown + "\n"));
  }
}

TEST_F(ConsoleTest, GivesNoTimeToWhatNeverBegan) {
  ReportEntry late = entry("a", Status::unknown, "Поздно", "не успели");
  late.verdict.took = Milliseconds{0};
  report = report_of({late});
  EXPECT_THAT(told(), HasSubstr("? Поздно  не успели\n"));
}

TEST_F(ConsoleTest, ListsManyConsequencesByNumber) {
  for (int i = 0; i < 30; ++i) report.entries.push_back(skipped("s", "Шаг", "teacher_login"));
  EXPECT_THAT(told(), HasSubstr(" и ещё 13\n"));
}

TEST_F(ConsoleTest, ColoursOnlyWhenAsked) {
  EXPECT_THAT(told(), Not(HasSubstr("\033")));
  style.colour = Colour::on;
  EXPECT_THAT(told(), HasSubstr("\033[31m✗\033[0m Вход учителя"));
  EXPECT_THAT(told(), HasSubstr("\033[32m✓\033[0m Главная страница"));
}

TEST_F(ConsoleTest, NoStrangerCanSteerTheTerminal) {
  const std::string hostile = "\x1B[2J\x07\u009B1m\xFF\r\nrm -rf\u202E";
  ReportEntry bad = entry("a", Status::critical, hostile, hostile);
  bad.verdict.code = hostile;
  bad.verdict.facts.set(hostile, hostile);
  bad.meaning = hostile;
  bad.action = hostile;
  report = report_of({bad, skipped("b", hostile, "a")});
  report.host = hostile;
  report.tool = hostile;
  report.notes = {hostile};
  style.detail = Detail::facts;
  const std::string text = told();
  for (const std::string& line : lines_of(text)) EXPECT_EQ(on_screen(line), line);
}

}  // namespace
}  // namespace lectio
