#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "check/scenario.hpp"

namespace lectio {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A step that is right, with more members or in place of some.
std::string step(const std::string& id, const std::string& more = "",
                 const std::string& request = R"({"base":"site","path":"/"})") {
  return R"({"id":")" + id + R"(","title":"T","meaning":{"ru":"Р","en":"E"},"action":"A",)" +
         R"("severity":"high","request":)" + request + (more.empty() ? "" : "," + more) + "}";
}

std::string variant(const std::string& id, const std::string& more) {
  return R"({"id":")" + id + R"(","request":{"base":"site","path":"/"},)" + more + "}";
}

std::string file(const std::vector<std::string>& steps, const std::string& more = "") {
  std::string list;
  for (const std::string& each : steps) list += (list.empty() ? "" : ",") + each;
  return "{" + more + R"("steps":[)" + list + "]}";
}

std::string error_of(const std::string& json) {
  const auto scenario = Scenario::parse(json, "own.json");
  if (scenario) return "no error";
  EXPECT_EQ(scenario.error().kind, ErrorKind::config);
  return scenario.error().message;
}

TEST(ScenarioParse, ReadsAStep) {
  const auto scenario = Scenario::parse(
      file({step("ping", R"("as":"me","needs":["pong"],"when":{"equals":["MODE","x"]},
             "expect":{"status":[200,204],"content_type":"application/json","contains":["ok"],
                       "json":[{"pointer":"/a","type":"array"},{"pointer":"/t","jwt":{"role":"r"}}],
                       "max_body":1000,"latency":2.5,"assets":true},
             "capture":{"x":"/x","y":{"pointer":"/y","optional":true}},
             "severity_when":[{"status":[401],"severity":"low"}],
             "causes":[{"status":[503],"server":"nginx","json":{"/a":[1]},"code":"busy"}],
             "good":{"code":"fine","facts":{"n":"/count"}},"explained_by":["backend"])",
                 R"({"method":"POST","base":"site","path":"/p","json":{"k":"${V}"},"timeout":3,
                     "headers":{"X-A":"b"},"range":"0-9","follow_redirects":true})"),
            step("pong", R"("capture":{"tok":"/access"})")},
           R"("logins":{"me":{"step":"pong","token":"tok"}},)"),
      "own.json");
  ASSERT_TRUE(scenario.has_value()) << scenario.error().message;
  const Step& read = scenario->steps()[0];
  EXPECT_EQ(read.texts.title.ru, "T");
  EXPECT_EQ(read.texts.title.en, "T") << "one text is for both languages";
  EXPECT_EQ(read.texts.meaning.in(Lang::ru), "Р");
  EXPECT_EQ(read.request.body, R"({"k":"${V}"})");
  EXPECT_EQ(read.request.timeout, Milliseconds{3000});
  EXPECT_TRUE(read.request.follow_redirects);
  EXPECT_THAT(read.request.headers,
              ElementsAre(std::pair{"Content-Type", "application/json"}, std::pair{"X-A", "b"},
                          std::pair{"Range", "bytes=0-9"}));
  EXPECT_EQ(read.when->value, "x");
  EXPECT_THAT(read.expect.statuses, ElementsAre(200, 204));
  EXPECT_EQ(read.expect.latency, Milliseconds{2500});
  EXPECT_EQ(read.expect.max_body, 1000U);
  EXPECT_TRUE(read.expect.assets);
  EXPECT_EQ(read.expect.json[1].jwt_role, "r");
  EXPECT_TRUE(read.captures[1].optional);
  EXPECT_EQ(read.severity_when[0].severity, Severity::low);
  EXPECT_EQ(read.causes[0].server, "nginx");
  EXPECT_THAT(read.causes[0].json, ElementsAre(std::pair{"/a", "[1]"}));
  EXPECT_EQ(read.good_code, "fine");
  EXPECT_THAT(scenario->needs_of(read), ElementsAre("pong")) << "once, though it also logs in";
  EXPECT_EQ(scenario->login_of(read)->token, "tok");
}

TEST(ScenarioParse, ChecksAreListedOnceForEachIdInOrder) {
  const auto scenario =
      Scenario::parse(file({step("b", R"("when":{"is_set":"X"},"explained_by":["backend"])"),
                            step("a"), variant("b", R"("when":{"not_set":"X"},"needs":["a"])")}),
                      "own.json");
  ASSERT_TRUE(scenario.has_value()) << scenario.error().message;
  const auto checks = scenario->checks();
  ASSERT_EQ(checks.size(), 2U);
  EXPECT_EQ(checks[0].id, "b");
  EXPECT_THAT(checks[0].needs, ElementsAre("a"));
  EXPECT_THAT(checks[0].explained_by, ElementsAre("backend"));
  EXPECT_EQ(scenario->steps()[2].texts.title.ru, "T") << "variants share what the first says";
}

TEST(ScenarioParse, WhatAStepDoesNotSayItselfIsAsInTheOneThatItIsLike) {
  const auto scenario = Scenario::parse(
      file({step("a", R"("when":{"is_set":"X"},"explained_by":["backend"],
                         "expect":{"status":[201]},"severity_when":[{"status":[401],"severity":"low"}],
                         "causes":[{"status":[503],"code":"busy"}],
                         "good":{"code":"fine","facts":{"n":"/count"}})"),
            variant("a", R"("like":"a","when":{"not_set":"X"})"), variant("b", R"("like":"a")"),
            variant("c", R"("like":"a","title":"C","severity":"low","expect":{"status":[204]},
                            "severity_when":[],"causes":[],"explained_by":[],
                            "good":{"code":"other"})")}),
      "own.json");
  ASSERT_TRUE(scenario.has_value()) << scenario.error().message;
  for (const std::size_t like : {1U, 2U}) {
    const Step& read = scenario->steps()[like];
    EXPECT_EQ(read.texts.meaning.ru, "Р") << read.id;
    EXPECT_EQ(read.severity, Severity::high);
    EXPECT_THAT(read.explained_by, ElementsAre("backend"));
    EXPECT_THAT(read.expect.statuses, ElementsAre(201));
    EXPECT_EQ(read.severity_when.size(), 1U);
    EXPECT_EQ(read.causes.size(), 1U);
    EXPECT_EQ(read.good_code, "fine");
  }
  const Step& own = scenario->steps()[3];
  EXPECT_EQ(own.texts.title.ru, "C");
  EXPECT_EQ(own.texts.action.ru, "A");
  EXPECT_EQ(own.severity, Severity::low);
  EXPECT_THAT(own.expect.statuses, ElementsAre(204));
  EXPECT_TRUE(own.explained_by.empty() && own.severity_when.empty() && own.causes.empty());
  EXPECT_TRUE(own.good_code == "other" && own.good_facts.empty());
  EXPECT_FALSE(own.when) << "whether it applies is its own";
}

struct Mistake {
  std::string json;
  std::string message;
};

TEST(ScenarioParse, EveryMistakeIsNamedWithItsStepAndKey) {
  const std::vector<Mistake> mistakes{
      {"[]", "own.json: is not an object {...}"},
      {"{}", "own.json: steps: is missing"},
      {R"({"steps":[)", "own.json: "},
      {R"({"steps":[],"step":[]})", "own.json: step: unknown key, did you mean steps?"},
      {R"({"steps":[{}]})", "own.json: steps[0]: is no step: it has no \"id\""},
      {file({step("A b")}), R"(own.json: steps[0]: id "A b" is not of a-z, 0-9 and _)"},
      {file({step("a", R"("expct":{})")}),
       "own.json: step a: expct: unknown key, did you mean expect?"},
      {file({step("a", R"("severity":"low")")}), "own.json: step a: severity: is given twice"},
      {file({step("a", R"("as":7)")}), "own.json: step a: as: is not a text"},
      {file({step("a", R"("needs":"b")")}), "own.json: step a: needs: is not a list [...]"},
      {file({variant("b", R"("like":"a")"), step("a")}),
       R"(own.json: step b: like: "a" is no step before this one)"},
      {file({step("a", R"("needs":["b"])"), step("bb")}),
       "own.json: step a: needs: there is no step b"},
      {file({step("a", R"("needs":["lesons"])"), step("lessons")}),
       "own.json: step a: needs: there is no step lesons, did you mean lessons?"},
      {file({step("a", R"("as":"techer")"), step("b", R"("capture":{"t":"/a"})")},
            R"("logins":{"teacher":{"step":"b","token":"t"}},)"),
       "own.json: step a: as: there is no login techer, did you mean teacher?"},
      {file({step("a")}, R"("logins":{"teacher":{"step":"a","token":"t"}},)"),
       "own.json: logins: teacher: no step a captures t"},
      {file({step("a", R"("needs":["c"])"), step("b", R"("needs":["a"])"),
             step("c", R"("needs":["b"])"), step("d", R"("needs":["a"])")}),
       "own.json: steps need each other in a circle: a -> c -> b -> a"},
      {file({step("a", R"("needs":["a"])")}),
       "own.json: steps need each other in a circle: a -> a"},
      {file({step("a", R"("after":["b"])"), step("b", R"("needs":["a"])")}),
       "own.json: steps need each other in a circle: a -> b -> a"},
      {file({step("a", R"("after":["lesons"])"), step("lessons")}),
       "own.json: step a: after: there is no step lesons, did you mean lessons?"},
      {file(
           {step("a", "", R"({"method":"POST","base":"site","path":"/","json":{},"form":"a=b"})")}),
       "own.json: step a: request.body: a request has a json, a form or a body, one of them"},
      {file({step("a", R"("expect":{"share":{"of":"/a","to":"b","code":"x"}})")}),
       "own.json: step a: expect.share.to: \"b\" is no JSON Pointer such as /results/0/id"},
      {file({step("a", R"("causes":[{"status":[503],"json":{"b":1},"code":"x"}])")}),
       "own.json: step a: causes[0].json.b: is no JSON Pointer such as /results/0/id"},
      {file({step("a", R"("expect":{"contains":["${a"]})")}),
       "own.json: step a: expect.contains: a ${ is not closed"},
      {file({step("a"), step("a")}),
       "own.json: step a: when: is missing: another step has this id"},
      {file({step("a", R"("when":{"is_set":"X"})"),
             variant("a", R"("when":{"not_set":"X"},"severity":"low")")}),
       "own.json: step a: severity: is not a key of this object"},
      {file({step("a", R"("expect":{"status":[99]})")}),
       "own.json: step a: expect.status[0]: is not an HTTP status (100 to 599)"},
      {file({step("a", R"("expect":{"json":[{"pointer":"count"}]})")}),
       "own.json: step a: expect.json[0].pointer: \"count\" is no JSON Pointer such as "
       "/results/0/id"},
      {file({step("a", R"("expect":{"json":[{"pointer":"/a","type":"list"}]})")}),
       "own.json: step a: expect.json[0].type: \"list\" is not one of object, array, string, "
       "number, integer, boolean, null"},
      {file({step("a", R"("expect":{"json":[{"type":"array"}]})")}),
       "own.json: step a: expect.json[0].pointer: is missing"},
      {file({step("a", R"("expect":{"latency":0})")}),
       "own.json: step a: expect.latency: is not a number above 0 and at most 3600"},
      {file({step("a", R"("capture":{"x":"/x","x":"/y"})")}),
       "own.json: step a: capture.x: is given twice"},
      {file({step("a", R"("severity_when":[{"status":[500],"severity":"critical"}])")}),
       "own.json: step a: severity_when[0].severity: is above the step's own"},
      {file({step("a", "", R"({"base":"site"})")}),
       "own.json: step a: request.path: a request has either a path (with a base) or a url"},
      {file({step("a", "", R"({"path":"/"})")}), "own.json: step a: request.base: is missing"},
      {file({step("a", "", R"({"base":"site","path":"api"})")}),
       "own.json: step a: request.path: does not begin with /"},
      {file({step("a", "", R"({"url":"ftp://x"})")}),
       "own.json: step a: request.url: does not begin with http:// or https://"},
      {file({step("a", "", R"({"base":"site","path":"/${A"})")}),
       "own.json: step a: request.path: a ${ is not closed"},
      {file({step("a", "", R"({"base":"site","path":"/","json":{}})")}),
       "own.json: step a: request.method: GET sends no body"},
      {file({step("a", "", R"({"method":"post","base":"site","path":"/"})")}),
       "own.json: step a: request.method: \"post\" is not one of GET"},
      {file({step("a", "", R"({"base":"site","path":"/","headers":{"X":"a\r\nY: b"}})")}),
       "own.json: step a: request.headers.X: is not a header's name and text"},
      {R"({"steps":[{"id":"a","title":"T","meaning":{"ru":"Р"},"action":"A","severity":"low",
          "request":{"base":"site","path":"/"}}]})",
       "own.json: step a: meaning.en: is missing"},
      {R"({"steps":[{"id":"a","title":"","meaning":"M","action":"A","severity":"low",
          "request":{"base":"site","path":"/"}}]})",
       "own.json: step a: title: is empty"},
      {R"({"steps":[{"id":"a","title":"T","meaning":"M","action":"A","severity":"urgent",
          "request":{"base":"site","path":"/"}}]})",
       "own.json: step a: severity: \"urgent\" is not one of critical, high, medium, low"},
      {R"({"steps":[{"id":"a","title":"T","meaning":"M","action":"A","severity":"low"}]})",
       "own.json: step a: request: is missing"},
  };
  for (const Mistake& mistake : mistakes) {
    EXPECT_THAT(error_of(mistake.json), testing::StartsWith(mistake.message)) << mistake.json;
  }
}

TEST(ScenarioParse, EveryCutOfAFileIsAnErrorAndNoCrash) {
  const std::string whole = file({step("a", R"("expect":{"json":[{"pointer":"/a"}]})")});
  EXPECT_EQ(error_of(whole), "no error");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_NE(error_of(whole.substr(0, length)), "no error") << length;
  }
}

TEST(ScenarioExtended, OwnStepsReplaceThoseOfTheirIdAndTheRestIsAdded) {
  const auto base = Scenario::parse(
      file({step("a"), step("b", R"("when":{"is_set":"X"})"),
            variant("b", R"("when":{"not_set":"X"})"), step("c", R"("needs":["b"])")}),
      "smoke.json");
  ASSERT_TRUE(base.has_value()) << base.error().message;
  const auto merged = base->extended(
      file({step("new", R"("needs":["a"])"), step("b", R"("good":{"code":"own"})")}), "own.json");
  ASSERT_TRUE(merged.has_value()) << merged.error().message;
  std::vector<std::string> ids;
  for (const Step& each : merged->steps()) ids.push_back(each.id + ":" + each.good_code);
  EXPECT_THAT(ids, ElementsAre("a:http_ok", "b:own", "c:http_ok", "new:http_ok"));
}

TEST(ScenarioExtended, OwnStepsMayUseTheLoginsThatThereAre) {
  const auto base = Scenario::parse(file({step("login", R"("capture":{"t":"/access"})")},
                                         R"("logins":{"teacher":{"step":"login","token":"t"}},)"),
                                    "smoke.json");
  ASSERT_TRUE(base.has_value()) << base.error().message;
  const auto merged = base->extended(file({step("mine", R"("as":"teacher")")}), "own.json");
  ASSERT_TRUE(merged.has_value()) << merged.error().message;
  EXPECT_THAT(merged->checks()[1].needs, ElementsAre("login"));
  EXPECT_THAT(base->extended(file({step("login")}), "own.json").error().message,
              HasSubstr("own.json: logins: teacher: no step login captures t"));
}

}  // namespace
}  // namespace lectio
