#include "alert/causes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "alert/events.hpp"

namespace lectio {
namespace {

using events::problem;
using testing::ElementsAre;
using testing::IsEmpty;

Problem bad(std::string id, std::vector<std::string> explained_by = {}) {
  return problem(std::move(id), "", "", Status::critical, std::move(explained_by));
}

class CausesTest : public testing::Test {
 protected:
  static std::vector<std::string> ids(const std::vector<const Problem*>& problems) {
    std::vector<std::string> found;
    found.reserve(problems.size());
    for (const Problem* one : problems) found.push_back(one->id);
    return found;
  }
  std::vector<std::string> causes() { return ids(causes_of(view).causes); }
  std::vector<std::string> consequences() { return ids(causes_of(view).consequences); }

  IncidentView view;
};

TEST_F(CausesTest, WhatAnotherExplainsIsAConsequence) {
  view.bad = {bad("backend"), bad("login", {"backend"}), bad("disk")};
  EXPECT_THAT(causes(), ElementsAre("backend", "disk"));
  EXPECT_THAT(consequences(), ElementsAre("login"));
}

TEST_F(CausesTest, ThroughWhatDidNotRunOrIsWellAgainToo) {
  view.bad = {bad("backend"), bad("lessons", {"login"}), bad("page", {"build"})};
  view.behind = {bad("login", {"backend"})};
  view.ended = {bad("build", {"backend"})};
  EXPECT_THAT(causes(), ElementsAre("backend"));
}

TEST_F(CausesTest, WhatIsWellAgainExplainsNothingItself) {
  view.bad = {bad("login", {"backend"}), bad("page", {"backend"})};
  view.ended = {bad("backend")};
  EXPECT_THAT(causes(), ElementsAre("login", "page"));
  EXPECT_THAT(consequences(), IsEmpty());
}

TEST_F(CausesTest, OfThoseThatExplainEachOtherTheFirstIsOne) {
  view.bad = {bad("a", {"b"}), bad("b", {"c"}), bad("c", {"a"}), bad("itself", {"itself"})};
  EXPECT_THAT(causes(), ElementsAre("a", "itself"));
  view.incident.root = "b";
  EXPECT_THAT(causes(), ElementsAre("b", "itself"));
}

TEST_F(CausesTest, TheRootIsACause) {
  view.incident.root = "login";
  view.bad = {bad("login", {"backend"}), bad("backend")};
  EXPECT_THAT(causes(), ElementsAre("login", "backend"));
}

}  // namespace
}  // namespace lectio
