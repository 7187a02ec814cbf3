#include "check/page_assets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace lectio {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// "script /a.js", "style /a.css"
std::vector<std::string> assets_of(std::string_view html) {
  std::vector<std::string> result;
  for (const PageAsset& asset : page_assets(html)) {
    result.push_back((asset.kind == PageAsset::Kind::script ? "script " : "style ") +
                     asset.reference);
  }
  return result;
}

TEST(PageAssets, FindsWhatACreateReactAppPageNames) {
  EXPECT_THAT(
      assets_of(R"(<!doctype html><html lang="ru"><head><meta charset="utf-8"/>
      <link rel="icon" href="/favicon.ico"/><link rel="manifest" href="/manifest.json"/>
      <title>Lectio</title><script defer="defer" src="/static/js/main.1a2b3c4d.js"></script>
      <link href="/static/css/main.5e6f7a8b.css" rel="stylesheet"></head>
      <body><noscript>You need JavaScript.</noscript><div id="root"></div></body></html>)"),
      ElementsAre("script /static/js/main.1a2b3c4d.js", "style /static/css/main.5e6f7a8b.css"));
}

TEST(PageAssets, FindsWhatAVitePageNames) {
  EXPECT_THAT(assets_of(R"(<script type="module" crossorigin src="/assets/index-4f.js"></script>
      <link rel="modulepreload" crossorigin href="/assets/vendor-9c.js">)"),
              ElementsAre("script /assets/index-4f.js", "script /assets/vendor-9c.js"));
}

TEST(PageAssets, ReadsQuotesAnyCaseAndSpacesAsBrowsersDo) {
  EXPECT_THAT(assets_of("<SCRIPT SRC = '/a.js' ></SCRIPT>"), ElementsAre("script /a.js"));
  EXPECT_THAT(assets_of("<script\nasync\nsrc=/b.js></script>"), ElementsAre("script /b.js"));
  EXPECT_THAT(assets_of("<link rel='preload StyleSheet' href=/c.css>"),
              ElementsAre("style /c.css"));
  EXPECT_THAT(assets_of("<link/rel=stylesheet/href='/d.css'/>"), IsEmpty())
      << "an unquoted value runs to the next space";
  EXPECT_THAT(assets_of("<link rel=stylesheet href='/d.css'/>"), ElementsAre("style /d.css"));
  EXPECT_THAT(assets_of("<script src='  /e.js '></script>"), ElementsAre("script /e.js"));
  EXPECT_THAT(assets_of("<script src='/f.js?a=1&amp;b=2'></script>"),
              ElementsAre("script /f.js?a=1&b=2"));
  EXPECT_THAT(assets_of("<script src='/1.js' src='/2.js'></script>"), ElementsAre("script /1.js"));
  EXPECT_THAT(assets_of("<script data-src='/g.js' title='a>b' src='/h.js'></script>"),
              ElementsAre("script /h.js"));
}

TEST(PageAssets, LeavesOutWhatABrowserWouldNotLoad) {
  EXPECT_THAT(assets_of("<!-- <script src='/old.js'></script> --><script src='/new.js'></script>"),
              ElementsAre("script /new.js"));
  EXPECT_THAT(assets_of("<script>document.write('<script src=\"/no.js\">')</script>"
                        "<script src='/yes.js'></script>"),
              ElementsAre("script /yes.js"));
  EXPECT_THAT(assets_of("<title><script src='/no.js'></script></title>"), IsEmpty());
  EXPECT_THAT(assets_of("<script src=''></script><script></script><link rel=stylesheet>"),
              IsEmpty());
  EXPECT_THAT(assets_of("<scripts src='/a.js'><a href='/b.css' rel=stylesheet>"), IsEmpty());
  EXPECT_THAT(assets_of("< script src='/a.js'>"), IsEmpty());
}

TEST(PageAssets, SurvivesAPageCutAnywhere) {
  const std::string_view page =
      "<!-- x --><script src=\"/a.js\">1 </ 2</script><link rel='stylesheet' href='/b.css'>";
  for (std::size_t length = 0; length <= page.size(); ++length) {
    EXPECT_LE(page_assets(page.substr(0, length)).size(), 2U);
  }
  EXPECT_THAT(assets_of("<script src='/never-closed.js"), IsEmpty());
  EXPECT_THAT(assets_of("<script src='/a.js'>never closed"), ElementsAre("script /a.js"));
}

TEST(PageAssets, SurvivesAnyBytes) {
  std::mt19937 random{20260127};
  const std::string_view alphabet{"<>/!-='\" &;scriptlnkhefylx\n\0\xff", 29};
  for (int page = 0; page < 2000; ++page) {
    std::string html;
    for (int i = 0; i < 200; ++i) html.push_back(alphabet[random() % alphabet.size()]);
    for (const PageAsset& asset : page_assets(html)) EXPECT_FALSE(asset.reference.empty());
  }
}

TEST(PageAssets, ReadsHostilePagesWithoutBacktracking) {
  const std::size_t many = 300000;
  std::string comments;
  std::string scripts;
  for (std::size_t i = 0; i < many; ++i) {
    comments += "<!--";
    scripts += "<script </";
  }
  EXPECT_THAT(assets_of(comments), IsEmpty());
  EXPECT_THAT(assets_of(scripts), IsEmpty());
  EXPECT_THAT(assets_of("<a " + std::string(many, '=') + ">"), IsEmpty());
}

}  // namespace
}  // namespace lectio
