#include "alert/catalogue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace lectio {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view texts = R"({
  "checks": {
    "backend": {
      "title": {"ru": "Приложение {SERVICE}", "en": "Application {SERVICE}"},
      "meaning": {"ru": "проверка: смысл", "en": "check: meaning"},
      "action": {"ru": "проверка: действие", "en": "check: action"},
      "by_code": {
        "refused": {
          "summary": {"ru": "здесь: отказ", "en": "here: refused"},
          "meaning": {"ru": "здесь: смысл", "en": "here: meaning"},
          "action": {"ru": "здесь: `systemctl restart {SERVICE}`", "en": "here: action"}
        }
      }
    },
    "unit:*": {
      "title": {"ru": "Служба {unit}", "en": "Unit {unit}"},
      "action": {"ru": "`journalctl -u {unit}`", "en": "`journalctl -u {unit}`"}
    }
  },
  "phrases": {
    "more": {"ru": "и ещё {count}[ ({who})]", "en": "and {count} more[ ({who})]"}
  },
  "observations": {
    "refused": {
      "summary": {"ru": "отказ", "en": "refused"},
      "meaning": {"ru": "код: смысл", "en": "code: meaning"}
    },
    "timeout": {
      "summary": {"ru": "нет ответа за {ms} мс", "en": "no answer in {ms} ms"},
      "meaning": {"ru": "код: смысл", "en": "code: meaning"}
    },
    "failed": {"summary": {"ru": "упало", "en": "failed"}},
    "good": {"summary": {"ru": "ответ {status}", "en": "answer {status}"}}
  }
})";

std::optional<std::string> names(std::string_view name) {
  return name == "SERVICE" ? std::optional<std::string>{"gunicorn"} : std::nullopt;
}

Verdict seen(std::string id, Status status, std::string code) {
  Verdict verdict;
  verdict.id = std::move(id);
  verdict.status = status;
  verdict.code = std::move(code);
  return verdict;
}

class CatalogueTest : public testing::Test {
 protected:
  ToldVerdict told(Lang lang = Lang::ru) { return catalogue.tell(verdict, lang, names); }

  Catalogue catalogue = [] {
    const std::array parts{CataloguePart{"test", texts}};
    auto parsed = Catalogue::parse(parts);
    if (!parsed) throw std::runtime_error(parsed.error().message);
    return *parsed;
  }();
  Verdict verdict = seen("backend", Status::critical, "failed");
};

TEST_F(CatalogueTest, SaysWhatThisCheckHasToSayAboutThisObservation) {
  verdict.code = "refused";
  EXPECT_EQ(told().summary, "здесь: отказ");
  EXPECT_EQ(told().meaning, "здесь: смысл");
  EXPECT_EQ(told().action, "здесь: `systemctl restart gunicorn`");
}

TEST_F(CatalogueTest, ElseWhatTheObservationSays) {
  verdict.code = "timeout";
  verdict.facts.set("ms", 15000);
  verdict.texts.meaning = {"шаг: смысл", "step: meaning"};
  EXPECT_EQ(told().summary, "нет ответа за 15000 мс");
  EXPECT_EQ(told().meaning, "код: смысл");
}

TEST_F(CatalogueTest, ElseWhatTheStepSays) {
  verdict.texts.meaning = {"шаг: смысл", "step: meaning"};
  verdict.texts.action = {"шаг: `ls {SERVICE}`", "step: action"};
  EXPECT_EQ(told().meaning, "шаг: смысл");
  EXPECT_EQ(told().action, "шаг: `ls gunicorn`");
}

TEST_F(CatalogueTest, ElseWhatTheCheckSays) {
  EXPECT_EQ(told().summary, "упало");
  EXPECT_EQ(told().meaning, "проверка: смысл");
  EXPECT_EQ(told().action, "проверка: действие");
}

TEST_F(CatalogueTest, SpeaksEnglishToo) {
  EXPECT_EQ(told(Lang::en).title, "Application gunicorn");
  EXPECT_EQ(told(Lang::en).summary, "failed");
  EXPECT_EQ(told(Lang::en).meaning, "check: meaning");
}

TEST_F(CatalogueTest, FillsAPhrase) {
  EXPECT_EQ(catalogue.phrase("more", Lang::ru, Facts{}.set("count", 9)), "и ещё 9");
  EXPECT_EQ(catalogue.phrase("more", Lang::en, Facts{}.set("count", 9)), "and 9 more");
  EXPECT_THAT(catalogue.phrase_keys(), ElementsAre("more"));
}

TEST_F(CatalogueTest, WritesTheKeyOfAPhraseThatItLacks) {
  EXPECT_EQ(catalogue.phrase("les", Lang::ru), "les");
}

TEST_F(CatalogueTest, ExplainsNothingWhenAllIsWell) {
  verdict.status = Status::ok;
  verdict.code = "good";
  verdict.facts.set("status", 200);
  EXPECT_EQ(told().summary, "ответ 200");
  EXPECT_EQ(told().meaning, "");
  EXPECT_EQ(told().action, "");
}

TEST_F(CatalogueTest, DoesNotClaimAFailureOfWhatIsUnknownOrSkipped) {
  for (const Status status : {Status::unknown, Status::skipped}) {
    verdict.status = status;
    verdict.code = "failed";
    EXPECT_EQ(told().meaning, "");
    EXPECT_EQ(told().action, "");
    verdict.code = "timeout";
    EXPECT_EQ(told().meaning, "код: смысл");
  }
}

TEST_F(CatalogueTest, FallsBackToTheIdAndTheCode) {
  verdict = seen("own_step", Status::warning, "own_code");
  EXPECT_EQ(told().title, "own_step");
  EXPECT_EQ(told().summary, "own_code");
}

TEST_F(CatalogueTest, AStepsOwnTitleGoesFirst) {
  verdict.texts.title = {"Шаг", "Step"};
  EXPECT_EQ(told().title, "Шаг");
  CheckInfo step{.id = "backend"};
  step.texts.title = {"Шаг", "Step"};
  EXPECT_EQ(catalogue.title(step, Lang::en, names), "Step");
}

TEST_F(CatalogueTest, KnowsAWatchedUnitByItsPattern) {
  verdict.id = "unit:redis";
  EXPECT_EQ(told().title, "Служба redis");
  EXPECT_EQ(told().action, "`journalctl -u redis`");
  EXPECT_EQ(catalogue.title({.id = "unit:celery-beat"}, Lang::en, names), "Unit celery-beat");
  EXPECT_EQ(catalogue.title({.id = "unit:"}, Lang::en, names), "unit:");
}

TEST_F(CatalogueTest, ListsWhatItKnows) {
  EXPECT_THAT(catalogue.check_ids(), ElementsAre("backend", "unit:*"));
  EXPECT_THAT(catalogue.observation_codes(), ElementsAre("failed", "good", "refused", "timeout"));
}

std::string fault_of(std::string_view first, std::string_view second = "{}") {
  const std::array parts{CataloguePart{"first", first}, CataloguePart{"second", second}};
  const auto parsed = Catalogue::parse(parts);
  return parsed ? "" : parsed.error().message;
}

constexpr std::string_view one_code =
    R"({"observations": {"dns": {"summary": {"ru": "нет имени", "en": "no name"}}}})";

TEST(CatalogueParseTest, JoinsParts) {
  EXPECT_EQ(fault_of(one_code, R"({"checks": {"page": {"title": {"ru": "Сайт", "en": "Site"}}}})"),
            "");
}

TEST(CatalogueParseTest, RefusesTheSameCodeInTwoParts) {
  EXPECT_EQ(fault_of(one_code, one_code), "texts_second.json.observations.dns: is there twice");
}

TEST(CatalogueParseTest, RefusesTheSameCheckInTwoPartsAndTheSameCodeInOneCheck) {
  constexpr std::string_view check = R"({"checks": {"page": {}}})";
  EXPECT_EQ(fault_of(check, check), "texts_second.json.checks.page: is there twice");
  EXPECT_EQ(fault_of(R"({"checks": {"page": {"by_code": {"dns": {}, "dns": {}}}}})"),
            "texts_first.json.checks.page.by_code.dns: is there twice");
}

TEST(CatalogueParseTest, RefusesTheSamePhraseTwiceAndOneThatLacksALanguage) {
  constexpr std::string_view more = R"({"phrases": {"more": {"ru": "ещё", "en": "more"}}})";
  EXPECT_EQ(fault_of(more), "");
  EXPECT_EQ(fault_of(more, more), "texts_second.json.phrases.more: is there twice");
  EXPECT_EQ(fault_of(R"({"phrases": {"more": {"ru": "ещё"}}})"),
            "texts_first.json.phrases.more: has no en");
  EXPECT_EQ(fault_of(R"({"phrases": {"more": {"ru": "ещё {n", "en": "more"}}})"),
            "texts_first.json.phrases.more.ru: \"{\" out of place before \"n\"");
}

TEST(CatalogueParseTest, RefusesATextThatLacksALanguage) {
  EXPECT_EQ(fault_of(R"({"observations": {"dns": {"summary": {"ru": "нет имени"}}}})"),
            "texts_first.json.observations.dns.summary: has no en");
  EXPECT_EQ(fault_of(R"({"observations": {"dns": {"summary": {"en": "no name"}}}})"),
            "texts_first.json.observations.dns.summary: has no ru");
  EXPECT_EQ(fault_of(R"({"observations": {"dns": {"summary": {"ru": "", "en": "no name"}}}})"),
            "texts_first.json.observations.dns.summary.ru: is no text");
}

TEST(CatalogueParseTest, RefusesAnObservationWithoutWords) {
  EXPECT_EQ(fault_of(R"({"observations": {"dns": {}}})"),
            "texts_first.json.observations.dns: has no summary");
}

TEST(CatalogueParseTest, RefusesKeysItDoesNotKnow) {
  EXPECT_THAT(fault_of(R"({"check": {}})"),
              HasSubstr("check: is none of checks, observations, phrases"));
  EXPECT_THAT(fault_of(R"({"checks": {"page": {"meanig": {}}}})"),
              HasSubstr("page.meanig: is none of title, meaning, action, by_code"));
  EXPECT_THAT(fault_of(R"({"observations": {"dns": {"title": {}}}})"),
              HasSubstr("dns.title: is none of summary, meaning, action"));
  EXPECT_THAT(fault_of(R"({"observations": {"dns": {"summary": {"de": "kein Name"}}}})"),
              HasSubstr("summary.de: is no language"));
}

TEST(CatalogueParseTest, RefusesBracesThatDoNotMatch) {
  EXPECT_EQ(fault_of(R"({"observations": {"dns": {"summary": {"ru": "нет {имени}", "en": "x"}}}})"),
            "texts_first.json.observations.dns.summary.ru: \"{\" out of place before \"имени}\"");
}

TEST(CatalogueParseTest, RefusesWhatIsNoJsonAndWhatIsNoObject) {
  EXPECT_THAT(fault_of("{"), HasSubstr("texts_first.json: Missing a name"));
  EXPECT_EQ(fault_of("[]"), "texts_first.json: is no object");
  EXPECT_EQ(fault_of(R"({"checks": {"page": 1}})"), "texts_first.json.checks.page: is no object");
}

}  // namespace
}  // namespace lectio
