#include "alert/fill.hpp"

#include <gtest/gtest.h>

#include "alert/catalogue.hpp"

namespace lectio {
namespace {

std::optional<std::string> configured(std::string_view name) {
  if (name == "BACKEND_SERVICE") return "teaching_panel";
  if (name == "CA_FILE") return "";
  return std::nullopt;
}

std::string filled(std::string_view text, const Facts& facts = {}) {
  return fill(text, facts, configured);
}

TEST(FillTest, PutsInFactsAndConfiguredNames) {
  EXPECT_EQ(filled("{unit} упал, перезапусков: {restarts}",
                   Facts{}.set("unit", "redis").set("restarts", 5)),
            "redis упал, перезапусков: 5");
  EXPECT_EQ(filled("`systemctl restart {BACKEND_SERVICE}`"), "`systemctl restart teaching_panel`");
}

TEST(FillTest, PrefersWhatWasObservedToWhatIsConfigured) {
  EXPECT_EQ(filled("{BACKEND_SERVICE}", Facts{}.set("BACKEND_SERVICE", "other")), "other");
}

TEST(FillTest, WritesAQuestionMarkForWhatIsNotKnown) {
  EXPECT_EQ(filled("HTTP {status}"), "HTTP ?");
  EXPECT_EQ(fill("HTTP {status}", {}, nullptr), "HTTP ?");
}

TEST(FillTest, LeavesOutABracketInWhichSomethingIsNotKnown) {
  EXPECT_EQ(filled("отказано[ ({address}, {port})]", Facts{}.set("port", 443)), "отказано");
  EXPECT_EQ(filled("отказано[ ({address})]", Facts{}.set("address", "::1")), "отказано (::1)");
}

TEST(FillTest, OneBracketKnowsNothingOfAnother) {
  EXPECT_EQ(filled("a[ {x}][ {y}][ {z}]", Facts{}.set("y", 2)), "a 2");
}

TEST(FillTest, TakesWhatIsEmptyForNotKnown) {
  EXPECT_EQ(filled("ответ[: {body}]", Facts{}.set("body", "")), "ответ");
  EXPECT_EQ(filled("доверие[: {CA_FILE}]"), "доверие");
}

TEST(FillTest, DoubledBracesAndBracketsStandForThemselves) {
  EXPECT_EQ(filled("{{\"detail\": [[1]]}} {{x}}", Facts{}.set("x", 1)), "{\"detail\": [1]} {x}");
}

TEST(FillTest, NeverReadsAFactAsATemplate) {
  EXPECT_EQ(filled("[{body}]", Facts{}.set("body", "{BACKEND_SERVICE}] [{{")),
            "{BACKEND_SERVICE}] [{{");
}

TEST(FillTest, LeavesWhatIsOutOfPlaceAsItIs) {
  EXPECT_EQ(filled("a ] {b c} { }"), "a ] {b c} { }");
  EXPECT_EQ(filled("{unit"), "{unit");
}

TEST(TemplateFaultTest, FindsNothingInAGoodText) {
  for (const char* text : {"", "{unit} упал[ ({result})], {restarts}", "{{[[]]}}"}) {
    EXPECT_EQ(template_fault(text), "");
  }
}

TEST(TemplateFaultTest, NamesWhatIsOutOfPlace) {
  EXPECT_EQ(template_fault("a {b c}"), "\"{\" out of place before \"b c}\"");
  EXPECT_EQ(template_fault("a } b"), "\"}\" out of place before \" b\"");
  EXPECT_EQ(template_fault("{open"), "\"{\" out of place before \"open\"");
  EXPECT_EQ(template_fault("[ [x"), "\"[\" out of place before \"x\"");
  EXPECT_EQ(template_fault("a] b"), "\"]\" out of place before \" b\"");
  EXPECT_EQ(template_fault("a [b"), "\"[\" is not closed");
}

}  // namespace
}  // namespace lectio
