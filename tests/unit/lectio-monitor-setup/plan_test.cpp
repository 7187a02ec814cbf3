#include "lectio-monitor-setup/plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/file.hpp"
#include "site/config.hpp"

namespace lectio {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Key;
using testing::Pair;

const std::string path = "config.env";

Plan plan(const std::string& text, const std::vector<Found>& found, const Answers& answers = {}) {
  auto planned = plan_config(text, path, found, answers);
  EXPECT_TRUE(planned.has_value()) << planned.error().message;
  return planned.value_or(Plan{});
}

std::string example() {
  return read_file(std::string{SOURCE_DIR} + "/config.env.example").value_or("");
}

TEST(SetupPlan, TheExampleSaysNothingYet) {
  const Plan empty = plan(example(), {});
  EXPECT_THAT(empty.missing,
              ElementsAre("SITE_URL", "ERRORS_BOT_TOKEN", "ERRORS_CHAT_ID", "HEARTBEAT_URL"));
  EXPECT_THAT(empty.changes, IsEmpty());
}

TEST(SetupPlan, FillsTheExampleWithWhatIsFoundAndSaid) {
  const Plan full =
      plan(example(),
           {{"BACKEND_SERVICE", "panel", "x"},
            {"PROJECT_ROOT", "/srv/panel", "x"},
            {"DJANGO_DIR", "/srv/panel/teaching_panel", "x"},
            {"WEB_USER", "www-data", "x"},
            {"SITE_URL", "https://panel.example", "x"}},
           {{"ERRORS_BOT_TOKEN", "1:a$b\"c"}, {"ERRORS_CHAT_ID", "-1"}, {"HEARTBEAT", "off"}});
  EXPECT_THAT(full.missing, IsEmpty());
  // What follows from PROJECT_ROOT, and what is the default, needs no line.
  EXPECT_THAT(full.changes,
              ElementsAre(Key("BACKEND_SERVICE"), Key("ERRORS_BOT_TOKEN"), Key("ERRORS_CHAT_ID"),
                          Key("HEARTBEAT"), Key("PROJECT_ROOT"), Key("SITE_URL")));
  const auto config = Config::parse(
      full.text, path, [](const std::string&) { return std::optional<std::string>{}; });
  ASSERT_TRUE(config.has_value()) << config.error().message;
  EXPECT_THAT(config->warnings(), IsEmpty());
  EXPECT_EQ(config->text("ERRORS_BOT_TOKEN"), "1:a$b\"c");
  EXPECT_EQ(config->text("DJANGO_DIR"), "/srv/panel/teaching_panel");
}

TEST(SetupPlan, WhatTheOwnerWroteStays) {
  const std::string mine =
      "SITE_URL=\"https://mine.example\"  # ours\n"
      "SMOKE_TEACHER_EMAIL=t@x\nSMOKE_STUDENT_EMAIL=s@x\n"
      "BACKEND_SERVICE=mine\nERRORS_BOT_TOKEN=\"YOUR_ERRORS_BOT_TOKEN_HERE\"\n";
  const Plan kept =
      plan(mine, {{"SITE_URL", "https://other.example", "x"}, {"BACKEND_SERVICE", "other", "x"}});
  EXPECT_THAT(kept.changes, IsEmpty());
  EXPECT_EQ(kept.text, mine);
  EXPECT_THAT(kept.missing, ElementsAre("ERRORS_BOT_TOKEN", "ERRORS_CHAT_ID", "HEARTBEAT_URL"));
}

TEST(SetupPlan, AnAnswerGoesOverTheFile) {
  const std::string rest =
      "\"\nHEARTBEAT=off\nALERTS=off\nSMOKE_TEACHER_EMAIL=t@x\nSMOKE_STUDENT_EMAIL=s@x\n";
  const Plan changed =
      plan("SITE_URL=\"https://a.example" + rest, {}, {{"SITE_URL", "https://b.example"}});
  EXPECT_THAT(changed.changes, ElementsAre(Pair("SITE_URL", "https://b.example")));
  EXPECT_EQ(changed.text, "SITE_URL=\"https://b.example" + rest);
  EXPECT_THAT(changed.missing, IsEmpty());
}

TEST(SetupPlan, APlaceholderOfAnyFormSaysNothing) {
  const Plan filled = plan("SITE_URL=\"<your site>\"\nERRORS_CHAT_ID=\"<chat>\"\n",
                           {{"SITE_URL", "https://a.example", "x"}});
  EXPECT_EQ(filled.changes.at("SITE_URL"), "https://a.example");
  EXPECT_THAT(filled.missing, testing::Contains("ERRORS_CHAT_ID"));
}

TEST(SetupPlan, TheChecksGetAccounts) {
  const Plan old = plan("SITE_URL=\"https://a.example\"\nSMOKE_STUDENT_EMAIL=s@x\n", {});
  EXPECT_THAT(old.changes, ElementsAre(Pair("SMOKE_TEACHER_EMAIL", "smoke_teacher@test.local")));
}

TEST(SetupPlan, WhatIsFoundInAWrongFormIsLeftOut) {
  const Plan left =
      plan(example(), {{"BACKEND_SOCKET", "panel.sock", "x"}, {"BACKEND_SERVICE", "panel", "x"}});
  EXPECT_THAT(left.changes, ElementsAre(Key("BACKEND_SERVICE")));
}

TEST(SetupPlan, APasswordThatEverybodyKnowsIsNone) {
  const std::string text = "SITE_URL=\"https://a.example\"\nSMOKE_TEACHER_PASSWORD=\"" +
                           std::string{"Smoke"} +
                           "Test123!\"\nSMOKE_STUDENT_PASSWORD=\"mine\"\nSMOKE_TEACHER_EMAIL=t@"
                           "x\nSMOKE_STUDENT_EMAIL=s@x\n";
  EXPECT_THAT(plan(text, {}).changes, ElementsAre(Pair("SMOKE_TEACHER_PASSWORD", "")));
}

TEST(SetupPlan, TheOldBotWillDo) {
  const Plan old = plan(
      "SITE_URL=\"https://a.example\"\nHEARTBEAT=off\nTELEGRAM_BOT_TOKEN=1:x\nTELEGRAM_CHAT_ID=2\n",
      {});
  EXPECT_THAT(old.missing, IsEmpty());
}

TEST(SetupPlan, BadAnswersAreNamed) {
  const auto kind = plan_config("", path, {}, {{"HTTP_TIMEOUT", "soon"}});
  ASSERT_FALSE(kind.has_value());
  EXPECT_THAT(kind.error().message, HasSubstr("HTTP_TIMEOUT"));
  const auto ping = plan_config("", path, {}, {{"HEARTBEAT_URL", "nonsense"}});
  ASSERT_FALSE(ping.has_value());
  EXPECT_THAT(ping.error().message, HasSubstr("HEARTBEAT_URL"));
  const auto broken = plan_config("SITE_URL=$(id)\n", path, {}, {});
  ASSERT_FALSE(broken.has_value());
  EXPECT_THAT(broken.error().message, HasSubstr("config.env:1"));
}

TEST(SetupAnswers, AreLinesOfKnownKeys) {
  const auto answers = parse_answers("SITE_URL=\"https://a.example\"\n# x\nHEARTBEAT=off\n", "f");
  ASSERT_TRUE(answers.has_value());
  EXPECT_THAT(*answers,
              ElementsAre(Pair("HEARTBEAT", "off"), Pair("SITE_URL", "https://a.example")));
  const auto unknown = parse_answers("\nSITE_ULR=x\n", "f");
  ASSERT_FALSE(unknown.has_value());
  EXPECT_EQ(unknown.error().message, "f:2: SITE_ULR is no key of config.env");
}

}  // namespace
}  // namespace lectio
