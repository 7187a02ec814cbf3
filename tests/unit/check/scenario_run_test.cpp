#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "check/scenario_fixture.hpp"

namespace lectio {
namespace {

using testing::ElementsAre;

TEST_F(RunScenario, EverythingIsAskedAtOnceAndTheTimeIsThatOfTheSlowest) {
  for (const auto* id : {"a", "b", "c"}) {
    step(id);
    site.answer("GET /" + std::string{id}, page_answer(200, "x"), Milliseconds{300});
  }
  EXPECT_EQ(told(), "a:ok:http_ok b:ok:http_ok c:ok:http_ok");
  EXPECT_EQ(site.most_at_once(), 3U);
  EXPECT_EQ(now(), Milliseconds{300});
}

TEST_F(RunScenario, TheWholeTakesTheCriticalPathAndEachStepItsOwnTime) {
  login();
  step("slow", R"("as":"teacher")");
  step("quick", R"("as":"teacher")");
  step("page");
  site.answer("GET /slow", page_answer(200, "x"), Milliseconds{500});
  site.answer("GET /quick", page_answer(200, "x"), Milliseconds{10});
  site.answer("GET /page", page_answer(200, "x"), Milliseconds{650});
  EXPECT_EQ(told(), "login:ok:http_ok slow:ok:http_ok quick:ok:http_ok page:ok:http_ok");
  EXPECT_EQ(now(), Milliseconds{700}) << "200 to log in, 500 of the slowest that needs it";
  EXPECT_EQ(verdicts[1].took, Milliseconds{500});
  EXPECT_EQ(verdicts[2].took, Milliseconds{10});
  EXPECT_THAT(site.asked(), ElementsAre("POST /login", "GET /page", "GET /slow", "GET /quick"));
}

TEST_F(RunScenario, TheLoginsTokenIsSentAndPasswordsAreEscaped) {
  login();
  step("lessons", R"("as":"teacher")", R"({"base":"backend","path":"/lessons"})");
  site.answer("GET /lessons", page_answer(200, "x"));
  told();
  EXPECT_EQ(site.request("POST /login").body, R"({"email":"a@b.c","password":"pass\"word"})");
  const HttpRequest& lessons = site.request("GET /lessons");
  EXPECT_THAT(lessons.headers,
              ElementsAre(std::pair{"Host", "lectio.test"}, std::pair{"X-Forwarded-Proto", "https"},
                          std::pair{"Authorization", "Bearer the-access-token"}));
  EXPECT_EQ(lessons.unix_socket, "/run/gunicorn.sock");
  EXPECT_EQ(lessons.url, "http://127.0.0.1:8000/lessons");
}

TEST_F(RunScenario, ARequestCarriesTheSettings) {
  settings.ip = IpVersion::v4;
  settings.retries = 2;
  settings.connect_timeout = Milliseconds{1234};
  step("a", R"("expect":{"max_body":100})", R"({"base":"site","path":"/a","timeout":7})");
  step("b");
  site.answer("GET /a", page_answer(200, "x"));
  site.answer("GET /b", page_answer(200, "x"));
  told();
  const HttpRequest& request = site.request("GET /a");
  EXPECT_EQ(request.ip, IpVersion::v4);
  EXPECT_EQ(request.retries, 2);
  EXPECT_EQ(request.connect_timeout, Milliseconds{1234});
  EXPECT_EQ(request.total_timeout, Milliseconds{7000});
  EXPECT_EQ(request.max_body, 100U);
  EXPECT_THAT(request.connect_to, ElementsAre("a:1:b:2"));
  EXPECT_EQ(site.request("GET /b").total_timeout, settings.step_timeout);
}

TEST_F(RunScenario, WhatNeedsAFailedStepIsSkippedDownTheWholeChain) {
  login();
  step("a", R"("as":"teacher")");
  step("b", R"("needs":["a"])");
  site.answer("POST /login", json_answer(500, "{}"));
  EXPECT_EQ(told(), "login:critical:http_status a:skipped:needs b:skipped:needs");
  EXPECT_EQ(fact("a", "needs"), "login");
  EXPECT_EQ(fact("b", "needs"), "a");
  EXPECT_EQ(verdicts[2].explained_by, std::vector<std::string>{"a"});
  EXPECT_THAT(site.asked(), ElementsAre("POST /login"));
}

TEST_F(RunScenario, ASlowLoginIsALoginAllTheSame) {
  login("login", R"(,"expect":{"latency":0.1})");
  step("a", R"("as":"teacher")");
  step("b", R"("as":"teacher")");
  site.answer("GET /a", page_answer(200, "x"));
  site.answer("GET /b", page_answer(500, "x"));
  EXPECT_EQ(told(), "login:warning:slow a:ok:http_ok b:critical:http_status");
  EXPECT_TRUE(verdicts[2].explained_by.empty()) << "what it had is not what broke it";
}

TEST_F(RunScenario, ARefusedLoginThatIsOnlyAWarningIsNoLogin) {
  login("login", R"(,"severity_when":[{"status":[401],"severity":"high"}])");
  step("a", R"("as":"teacher")");
  site.answer("POST /login", json_answer(401, "{}"));
  EXPECT_EQ(told(), "login:warning:http_status a:skipped:needs");
  EXPECT_EQ(verdicts[1].explained_by, std::vector<std::string>{"login"});
}

TEST_F(RunScenario, WhatIsNotConfiguredIsUnknownAndNamed) {
  login();
  step("a", R"("as":"teacher")");
  config.erase("PASSWORD");
  EXPECT_EQ(told(), "login:unknown:not_configured a:skipped:needs");
  EXPECT_EQ(fact("login", "keys"), "PASSWORD");
  EXPECT_TRUE(site.asked().empty());
}

TEST_F(RunScenario, AnExpectedValueThatIsNotConfiguredIsNamedBeforeAnythingIsSent) {
  step("a", R"("expect":{"json":[{"pointer":"/email","equals":"${EMAIL}"}]})");
  EXPECT_EQ(told(), "a:unknown:not_configured");
  EXPECT_EQ(fact("a", "keys"), "EMAIL");
}

TEST_F(RunScenario, OnlyTheSelectedStepsRunAndAnUnselectedNeedIsAFailedOne) {
  login();
  step("a", R"("as":"teacher")");
  step("b");
  selected = {"a", "b"};
  site.answer("GET /b", page_answer(200, "x"));
  EXPECT_EQ(told(), "a:skipped:needs b:ok:http_ok");
}

TEST_F(RunScenario, OfStepsThatShareAnIdTheFirstThatAppliesRuns) {
  step("pay", R"("when":{"equals":["MODE","probe"]})");
  variant("pay", "/create", R"("when":{"equals":["MODE","create"]})");
  site.answer("GET /create", page_answer(200, "x"));
  config["MODE"] = "create";
  EXPECT_EQ(told(), "pay:ok:http_ok");
  EXPECT_THAT(site.asked(), ElementsAre("GET /create"));
}

TEST_F(RunScenario, AStepThatAppliesToNothingIsSkipped) {
  step("pay", R"("when":{"is_set":"MODE"})");
  EXPECT_EQ(told(), "pay:skipped:not_applicable");
}

TEST_F(RunScenario, AStepThatAppliesToNothingMaySayWhy) {
  step("zoom", R"("when":{"is_set":"ZOOM_KEY","otherwise":"key_not_set"})");
  EXPECT_EQ(told(), "zoom:skipped:key_not_set");
  EXPECT_EQ(fact("zoom", "key"), "ZOOM_KEY");
}

TEST_F(RunScenario, AStepMayNeedSeveralKeysAndNamesThoseThatAreMissing) {
  step("zoom", R"("when":{"is_set":["ZOOM_ID","ZOOM_KEY","ZOOM_SECRET"],"otherwise":"no_key"})");
  site.answer("GET /zoom", page_answer(200, "x"));
  config["ZOOM_ID"] = "1";
  EXPECT_EQ(told(), "zoom:skipped:no_key");
  EXPECT_EQ(fact("zoom", "key"), "ZOOM_KEY, ZOOM_SECRET");
  config["ZOOM_KEY"] = config["ZOOM_SECRET"] = "2";
  EXPECT_EQ(told(), "zoom:ok:http_ok");
}

TEST_F(RunScenario, WhatComesAfterAStepComesWhateverBecameOfIt) {
  step("make");
  step("read", R"("needs":["make"])");
  step("remove", R"("needs":["make"],"after":["read"])");
  site.answer("GET /make", page_answer(200, "x"));
  site.answer("GET /read", page_answer(500, "x"), Milliseconds{300});
  site.answer("GET /remove", page_answer(200, "x"));
  EXPECT_EQ(told(), "make:ok:http_ok read:critical:http_status remove:ok:http_ok");
  EXPECT_THAT(site.asked(), ElementsAre("GET /make", "GET /read", "GET /remove"));
}

TEST_F(RunScenario, AFormAndBasicAuthenticationCarryWhatIsFilledIn) {
  step("token", "", R"({"method":"POST","url":"https://zoom.us/oauth/token","basic":"id:${SECRET}",
                        "form":"grant_type=x&secret=${SECRET}"})");
  config["SECRET"] = "a b&c=d";
  site.answer("POST https://zoom.us/oauth/token", json_answer(200, "{}"));
  run();
  const HttpRequest& sent = site.request("POST https://zoom.us/oauth/token");
  EXPECT_EQ(sent.body, "grant_type=x&secret=a%20b%26c%3Dd");
  EXPECT_THAT(sent.headers,
              ::testing::IsSupersetOf(std::vector<std::pair<std::string, std::string>>{
                  {"Content-Type", "application/x-www-form-urlencoded"},
                  {"Authorization", "Basic aWQ6YSBiJmM9ZA=="}}));
}

TEST_F(RunScenario, AConditionSeesWhatWasCapturedBefore) {
  step("groups", R"("capture":{"group":{"pointer":"/results/0/id","optional":true}})");
  step("grades", R"("when":{"is_set":"group"},"needs":["groups"])",
       R"({"base":"site","path":"/grades?group=${group}"})");
  variant("grades", "/none", R"("when":{"not_set":"group"},"needs":["groups"])");
  site.answer("GET /groups", json_answer(200, R"({"results":[{"id":42}]})"));
  site.answer("GET /grades?group=42", page_answer(200, "x"));
  EXPECT_EQ(told(), "groups:ok:http_ok grades:ok:http_ok");

  site.answer("GET /groups", json_answer(200, R"({"results":[]})"));
  site.answer("GET /none", page_answer(200, "x"));
  EXPECT_EQ(told(), "groups:ok:http_ok grades:ok:http_ok");
  EXPECT_EQ(site.asked().back(), "GET /none");
}

TEST_F(RunScenario, AVariantWaitsOnlyForItsOwnNeeds) {
  config["GROUP"] = "7";
  step("groups");
  step("grades", R"("when":{"is_set":"GROUP"})");
  variant("grades", "/other", R"("when":{"not_set":"GROUP"},"needs":["groups"])");
  site.answer("GET /groups", page_answer(500, "x"), Milliseconds{400});
  site.answer("GET /grades", page_answer(200, "x"), Milliseconds{400});
  EXPECT_EQ(told(), "groups:critical:http_status grades:ok:http_ok");
  EXPECT_EQ(now(), Milliseconds{400});
}

TEST_F(RunScenario, ACapturedTextThatCouldBreakAHeaderIsRefused) {
  login();
  step("a", R"("as":"teacher")");
  site.answer("POST /login", json_answer(200, R"({"access":"x\r\nX-Evil: 1"})"));
  EXPECT_EQ(told(), "login:critical:wrong_shape a:skipped:needs");
}

TEST_F(RunScenario, AHangDelaysOnlyItselfByItsOwnTimeout) {
  step("hangs", "", R"({"base":"site","path":"/hangs","timeout":20})");
  step("works");
  site.answer("GET /hangs", page_answer(200, "x"), Milliseconds{99'000});
  site.answer("GET /works", page_answer(200, "x"), Milliseconds{10});
  EXPECT_EQ(told(), "hangs:critical:timeout works:ok:http_ok");
  EXPECT_EQ(now(), Milliseconds{20'000});
  EXPECT_EQ(verdicts[1].took, Milliseconds{10});
}

TEST_F(RunScenario, TheDeadlineEndsTheRunAndWhatItCutIsUnknown) {
  step("hangs", "", R"({"base":"site","path":"/hangs","timeout":20})");
  step("after", R"("needs":["hangs"])");
  site.answer("GET /hangs", page_answer(200, "x"), Milliseconds{99'000});
  EXPECT_EQ(told(Milliseconds{5000}), "hangs:unknown:deadline after:skipped:needs");
  EXPECT_EQ(now(), Milliseconds{5000});
}

TEST_F(RunScenario, WhatIsDueAfterTheDeadlineIsNotSent) {
  step("a");
  EXPECT_EQ(told(Milliseconds{0}), "a:unknown:deadline");
  EXPECT_TRUE(site.asked().empty());
}

TEST_F(RunScenario, AWholeAddressGoesThereAndNowhereElse) {
  step("zoom", "", R"({"url":"https://zoom.test/token"})");
  site.answer("GET https://zoom.test/token", page_answer(200, "x"));
  EXPECT_EQ(told(), "zoom:ok:http_ok");
}

TEST_F(RunScenario, ASeverityIsLoweredByWhatWasSeen) {
  step("a", R"("severity_when":[{"status":[401],"severity":"high"}])");
  site.answer("GET /a", json_answer(401, "{}"));
  EXPECT_EQ(told(), "a:warning:http_status");
  site.answer("GET /a", json_answer(500, "{}"));
  EXPECT_EQ(told(), "a:critical:http_status");
}

TEST_F(RunScenario, NoSecretIsEverSeenInAFact) {
  login();
  settings.secrets = {"pass\"word"};
  step("echo", R"("as":"teacher")");
  site.answer("GET /echo",
              json_answer(500, R"({"detail":"Bearer the-access-token, pass\"word, ok?"})"));
  told();
  EXPECT_EQ(fact("echo", "detail"), "Bearer ***, ***, ok?");
}

TEST_F(RunScenario, AThousandStepsInAChainAndAThousandAtOnce) {
  step("s0");
  for (int i = 1; i < 1000; ++i) {
    step("s" + std::to_string(i), R"("needs":["s)" + std::to_string(i - 1) + R"("])");
  }
  for (int i = 0; i < 1000; ++i) step("p" + std::to_string(i));
  for (int i = 0; i < 1000; ++i) {
    site.answer("GET /s" + std::to_string(i), page_answer(200, "x"), Milliseconds{1});
    site.answer("GET /p" + std::to_string(i), page_answer(200, "x"), Milliseconds{500});
  }
  verdicts = run();
  EXPECT_EQ(verdicts.size(), 2000U);
  EXPECT_EQ(overall(verdicts), Status::ok);
  EXPECT_EQ(now(), Milliseconds{1000});
}

}  // namespace
}  // namespace lectio
