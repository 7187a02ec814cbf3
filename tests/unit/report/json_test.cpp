#include "io/json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "report/report.hpp"
#include "report/reports.hpp"

namespace lectio {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(JsonReportTest, IsTheDocumentOfSchemaOne) {
  Report report = one_root();
  report.entries.resize(3);
  report.entries.push_back(skipped("groups", "Группы", "teacher_login"));
  report.entries[1].verdict.facts.set("status", 500).set("slow", true).set("seconds", 0.25);
  report.notes = {"config.env:3: unknown key"};
  EXPECT_EQ(
      to_json(report),
      R"({"schema":1,"tool":"smoke_check","version":"0.1.0","host":"lectio-prod-1",)"
      R"("started":"2026-11-24T03:10:36Z","took_ms":513,"status":"critical","checks":[)"
      R"({"id":"frontend","status":"ok","severity":"critical","summary":"HTTP 200","took_ms":12,"facts":{}},)"
      R"({"id":"teacher_login","status":"critical","severity":"critical","summary":"HTTP 500",)"
      R"("took_ms":12,"cause":"timeout","meaning":"Учителя не могут войти.",)"
      R"("action":"Посмотрите журнал: `journalctl -u teaching_panel -n 50`",)"
      R"("facts":{"status":500,"slow":true,"seconds":0.25}},)"
      R"({"id":"student_login","status":"critical","severity":"critical","summary":"HTTP 500",)"
      R"("took_ms":12,"cause":"timeout","root":"teacher_login","facts":{}},)"
      R"({"id":"groups","status":"skipped","severity":"critical","summary":"не проверялось",)"
      R"("took_ms":0,"cause":"needs","root":"teacher_login","facts":{}}],)"
      R"("notes":["config.env:3: unknown key"]})"
      "\n");
}

TEST(JsonReportTest, NamesARootOnlyWhenItIsAnother) {
  Report report = one_root();
  report.entries[1].verdict.root = "teacher_login";
  report.entries.resize(2);
  EXPECT_THAT(to_json(report), Not(HasSubstr("\"root\"")));
}

TEST(JsonReportTest, HasNoWordForInfinity) {
  Report report = one_root();
  report.entries[0]
      .verdict.facts.set("a", std::numeric_limits<double>::infinity())
      .set("b", std::numeric_limits<double>::quiet_NaN());
  EXPECT_THAT(to_json(report), HasSubstr(R"("facts":{"a":null,"b":null})"));
}

TEST(JsonReportTest, IsValidWhateverWasSeen) {
  const std::string hostile = std::string{"\xFF\"\\\x1B[2J\u009B\x7F\n", 11} + '\0' + "\xD0";
  Report report = one_root();
  report.tool = report.host = report.version = hostile;
  report.notes = {hostile};
  for (ReportEntry& one : report.entries) {
    one.summary = one.meaning = one.action = hostile;
    one.verdict.id = one.verdict.code = hostile;
    one.verdict.facts.set(hostile, hostile);
  }
  const std::string json = to_json(report);
  const auto document = parse_json(json);
  ASSERT_TRUE(document) << document.error().message;
  const JsonValue& first = (*document)["checks"][0];
  const std::string kept = std::string{"\uFFFD\"\\\x1B[2J\u009B\x7F\n"} + '\0' + "\uFFFD";
  EXPECT_EQ(as_text(first["summary"]), kept);
  EXPECT_EQ(as_text(first["facts"].MemberBegin()->name), kept);
  EXPECT_EQ(as_text((*document)["notes"][0]), kept);
}

TEST(JsonReportTest, PutsNoControlCharacterOnATerminal) {
  Report report = one_root();
  report.entries[0].summary = "\x1B[31m \x7F \u009B31m \u0080 \u00A0 Вход";
  const std::string json = to_json(report);
  EXPECT_THAT(json, HasSubstr("\"\\u001B[31m \\u007f \\u009b31m \\u0080 \u00A0 Вход\""));
  EXPECT_EQ(json.find('\n'), json.size() - 1);
}

}  // namespace
}  // namespace lectio
