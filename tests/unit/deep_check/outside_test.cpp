#include "deep_check/outside.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lectio {
namespace {

using ::testing::ElementsAre;

Verdict step(const std::string& id, Status status, const std::string& code) {
  Verdict verdict;
  verdict.id = id;
  verdict.status = status;
  verdict.code = code;
  verdict.took = Milliseconds{10};
  return verdict;
}

std::vector<std::string> told(const std::vector<Verdict>& steps) {
  std::vector<std::string> told;
  for (const Verdict& check : told_as_one(steps)) told.push_back(check.id + " " + check.code);
  return told;
}

TEST(Outside, TheWorstSpeaksWhereverItStands) {
  EXPECT_THAT(told({step("gdrive_old_gone", Status::warning, "server_error"),
                    step("gdrive_create", Status::critical, "gdrive_full"),
                    step("gdrive_delete", Status::unknown, "deadline")}),
              ElementsAre("gdrive gdrive_full"));
}

TEST(Outside, OfEqualsTheFirstSpeaks) {
  EXPECT_THAT(told({step("gdrive_token", Status::ok, "token_ok"),
                    step("gdrive_read", Status::warning, "not_found"),
                    step("gdrive_delete", Status::warning, "forbidden"),
                    step("gdrive", Status::ok, "gdrive_ok"), step("zoom", Status::ok, "zoom_ok")}),
              ElementsAre("gdrive not_found", "zoom zoom_ok"));
  EXPECT_THAT(told({step("stream_login", Status::warning, "login_refused"),
                    step("stream", Status::skipped, "needs")}),
              ElementsAre("stream login_refused"));
}

TEST(Outside, AStepThatHadNothingToDoSaysNothingOfTheWhole) {
  EXPECT_THAT(told({step("gdrive_old_gone", Status::skipped, "not_applicable"),
                    step("gdrive", Status::ok, "gdrive_ok"),
                    step("gdrive_older_gone", Status::skipped, "not_applicable")}),
              ElementsAre("gdrive gdrive_ok"));
}

TEST(Outside, WhatIsNotConfiguredIsSkippedWithItsReason) {
  EXPECT_THAT(told({step("gdrive_token", Status::skipped, "key_not_set"),
                    step("gdrive_old", Status::skipped, "needs"),
                    step("gdrive", Status::skipped, "needs")}),
              ElementsAre("gdrive key_not_set"));
}

TEST(Outside, TakesAsLongAsItsSteps) {
  const auto checks = told_as_one(
      {step("stream_login", Status::ok, "token_ok"), step("stream", Status::ok, "stream_ok")});
  EXPECT_EQ(checks.front().took, Milliseconds{20});
}

TEST(Outside, EachCheckIsListedOnceAndNeedsNoOther) {
  std::vector<std::string> ids;
  for (const CheckInfo& check : outside_checks()) {
    ids.push_back(check.id);
    EXPECT_TRUE(check.needs.empty()) << check.id;
  }
  EXPECT_THAT(ids, ElementsAre("stream", "gdrive", "zoom"));
}

}  // namespace
}  // namespace lectio
