#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "check/scenario_fixture.hpp"

namespace lectio {
namespace {

using testing::ElementsAre;

class RunAssets : public RunScenario {
 protected:
  RunAssets() {
    step("page", R"("expect":{"assets":true},"good":{"code":"assets_ok"})",
         R"({"base":"site","path":"/"})");
    site.answer("GET /", page_answer(200, R"(<link rel=stylesheet href="/static/main.css">
        <script src="/static/main.js?v=1"></script><script src="https://cdn.test/x.js"></script>)"));
    site.answer("GET /static/main.css", file_answer("text/css", "a{}"), Milliseconds{100});
    site.answer("GET /static/main.js?v=1", file_answer("application/javascript", "let a"),
                Milliseconds{100});
  }
};

TEST_F(RunAssets, EverythingThePageNamesIsFetchedAtOnce) {
  EXPECT_EQ(told(), "page:ok:assets_ok");
  EXPECT_THAT(site.asked(),
              ElementsAre("GET /", "GET /static/main.css", "GET /static/main.js?v=1"));
  EXPECT_EQ(fact("page", "assets"), "2");
  EXPECT_EQ(fact("page", "foreign"), "1");
  EXPECT_EQ(verdicts[0].took, Milliseconds{110});
  EXPECT_TRUE(site.request("GET /").compressed) << "as a browser asks";
  EXPECT_TRUE(site.request("GET /static/main.css").compressed);
  EXPECT_LT(site.request("GET /static/main.css").keep_body, 10'000U) << "memory is not for bundles";
}

TEST_F(RunAssets, AFallbackPageInPlaceOfAScriptIsFound) {
  site.answer("GET /static/main.js?v=1", page_answer(200, "<!doctype html><html>"));
  EXPECT_EQ(told(), "page:critical:asset_html");
  EXPECT_EQ(fact("page", "asset"), "/static/main.js?v=1");
  EXPECT_EQ(fact("page", "broken"), "1");
  EXPECT_EQ(fact("page", "assets"), "2");
}

TEST_F(RunAssets, AFallbackPageThatCallsItselfAScriptIsFoundToo) {
  site.answer("GET /static/main.js?v=1",
              file_answer("text/javascript", "\xef\xbb\xbf\n <!DOCTYPE html>"));
  EXPECT_EQ(told(), "page:critical:asset_html");
}

TEST_F(RunAssets, TheFirstBrokenOneOfThePageIsNamed) {
  site.answer("GET /static/main.css", page_answer(404, "gone"), Milliseconds{900});
  site.answer("GET /static/main.js?v=1", file_answer("application/javascript", ""));
  EXPECT_EQ(told(), "page:critical:asset_status");
  EXPECT_EQ(fact("page", "asset"), "/static/main.css");
  EXPECT_EQ(fact("page", "asset_status"), "404");
  EXPECT_EQ(fact("page", "broken"), "2");
}

TEST_F(RunAssets, EachFaultHasItsName) {
  site.answer("GET /static/main.js?v=1", file_answer("application/javascript", ""));
  EXPECT_EQ(told(), "page:critical:asset_empty");
  site.answer("GET /static/main.js?v=1", file_answer("text/plain", "let a"));
  EXPECT_EQ(told(), "page:critical:asset_type");
  EXPECT_EQ(fact("page", "content_type"), "text/plain");
  site.answer("GET /static/main.js?v=1", no_answer(HttpError::truncated));
  EXPECT_EQ(told(), "page:critical:asset_unreachable");
  EXPECT_EQ(fact("page", "error"), "truncated");
}

TEST_F(RunAssets, AStyleSheetIsNoScript) {
  site.answer("GET /static/main.css", file_answer("application/javascript", "let a"));
  EXPECT_EQ(told(), "page:critical:asset_type");
}

TEST_F(RunAssets, APageWithoutAnyScriptIsBroken) {
  site.answer("GET /", page_answer(200, "<h1>root React bundle static</h1>"));
  EXPECT_EQ(told(), "page:critical:no_assets");
}

TEST_F(RunAssets, WhereEveryScriptIsAnotherHostsTheseAreFetched) {
  site.answer("GET /", page_answer(200, R"(<link rel=stylesheet href="/static/main.css">
      <script src="https://cdn.test/app.js"></script><script src="//cdn.test/app.js"></script>
      <link rel=stylesheet href="https://fonts.test/a.css">)"));
  site.answer("GET https://cdn.test/app.js", file_answer("text/javascript", "x"));
  EXPECT_EQ(told(), "page:ok:assets_ok");
  EXPECT_THAT(site.asked(),
              ElementsAre("GET /", "GET /static/main.css", "GET https://cdn.test/app.js"));
  EXPECT_EQ(fact("page", "assets"), "2");
  EXPECT_EQ(fact("page", "foreign"), "3");
  site.answer("GET https://cdn.test/app.js", page_answer(404, "gone"));
  EXPECT_EQ(told(), "page:warning:asset_foreign");
  EXPECT_EQ(fact("page", "asset"), "https://cdn.test/app.js");
  EXPECT_EQ(fact("page", "error"), "HTTP 404");
  site.answer("GET https://cdn.test/app.js", no_answer(HttpError::dns));
  EXPECT_EQ(told(), "page:warning:asset_foreign");
  EXPECT_EQ(fact("page", "error"), "dns");
}

TEST_F(RunAssets, WhatTheSitesOwnServerIsToldIsNoneOfAnotherHosts) {
  step("inside", R"("expect":{"assets":true})", R"({"base":"backend","path":"/inside"})");
  selected = {"inside"};
  site.answer("GET /inside",
              page_answer(200, R"(<script src="https://cdn.test/app.js"></script>)"));
  site.answer("GET https://cdn.test/app.js", file_answer("text/javascript", "x"));
  EXPECT_EQ(told(), "inside:ok:http_ok");
  EXPECT_TRUE(site.request("GET https://cdn.test/app.js").headers.empty());
  EXPECT_EQ(site.request("GET https://cdn.test/app.js").unix_socket, "");
}

TEST_F(RunAssets, APageThatFailsHasNoAssetsToAskFor) {
  site.answer("GET /", page_answer(502, "<script src=/static/main.js?v=1>"));
  EXPECT_EQ(told(), "page:critical:http_status");
  EXPECT_THAT(site.asked(), ElementsAre("GET /"));
}

TEST_F(RunAssets, ThePageAndItsFilesShareTheStepsTime) {
  site.answer("GET /", page_answer(200, "<script src=/static/slow.js>"), Milliseconds{10'000});
  site.answer("GET /static/slow.js", file_answer("text/javascript", "x"), Milliseconds{99'000});
  EXPECT_EQ(told(), "page:critical:asset_unreachable");
  EXPECT_EQ(now(), settings.step_timeout);
}

TEST_F(RunAssets, AHostilePageCannotMakeUsFetchWithoutEnd) {
  std::string page;
  for (int i = 0; i < 5000; ++i) {
    const std::string name = "/" + std::to_string(i) + ".js";
    page += "<script src=" + name + "></script>";
    site.answer("GET " + name, file_answer("text/javascript", "x"));
  }
  site.answer("GET /", page_answer(200, page));
  EXPECT_EQ(told(), "page:ok:assets_ok");
  EXPECT_EQ(fact("page", "assets"), "256");
  EXPECT_EQ(fact("page", "left_out"), "4744");
}

TEST_F(RunAssets, ReferencesAreReadAsBrowsersDo) {
  site.answer("GET /", page_answer(200, R"(<script src="a.js"></script>
      <script src="//lectio.test/b.js"></script><script src="https://LECTIO.test/c.js#x"></script>
      <script src="a.js"></script><script src="data:text/javascript,1"></script>
      <script src="http://[::1"></script>)"));
  for (const auto* name : {"a", "b", "c"}) {
    site.answer("GET /" + std::string{name} + ".js", file_answer("text/javascript", "x"));
  }
  site.answer("GET https://LECTIO.test/c.js", file_answer("text/javascript", "x"));
  EXPECT_EQ(told(), "page:ok:assets_ok");
  EXPECT_EQ(fact("page", "assets"), "3");
  EXPECT_EQ(fact("page", "foreign"), "2");
}

}  // namespace
}  // namespace lectio
