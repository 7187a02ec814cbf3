// What the answers of the site, of Google and of Zoom make of stream, gdrive and zoom.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "check/fake_site.hpp"
#include "deep_check/outside.hpp"
#include "site/server_fakes.hpp"

namespace lectio {
namespace {

const std::string login = "POST /api/jwt/token/";
const std::string token_of_google = "POST https://oauth2.googleapis.com/token";
const std::string token_of_zoom =
    "POST https://zoom.us/oauth/token?grant_type=account_credentials&account_id=a";

class OutsideFaults : public testing::Test {
 protected:
  OutsideFaults() {
    std::ofstream{token_file_} << R"({"client_id":"c","client_secret":"s","refresh_token":"r"})";
    site_.answer(login, json_answer(200, R"({"access":")" + token_ + "\"}"));
    site_.answer("GET /schedule/api/recordings/teacher/?status=ready",
                 json_answer(200, R"({"results":[{"id":7}]})"));
    site_.answer(stream_, file_answer("video/mp4", std::string(2000, 'v')));
  }
  ~OutsideFaults() override { std::filesystem::remove(token_file_); }

  // "zoom warning throttled, in 2 runs".
  std::string told(const std::string& check, Milliseconds budget = std::chrono::minutes{5}) {
    const Config config =
        Config::parse(
            "SITE_URL=https://lectio.test\nSMOKE_TEACHER_EMAIL=t@lectio.test\n"
            "SMOKE_TEACHER_PASSWORD=teacher\nZOOM_ACCOUNT_ID=a\nZOOM_CLIENT_ID=b\n"
            "ZOOM_CLIENT_SECRET=c\nGDRIVE_TOKEN_FILE=" +
                token_file_ + "\n" + more_,
            "config.env", [](const std::string&) { return std::nullopt; })
            .value();
    const Selection selected{check};
    std::vector<std::string> notes;
    server_fakes::Systemd systemd;
    lectio::Run run{.config = config,
                    .selected = selected,
                    .dry_run = DryRun::on,
                    .lang = Lang::en,
                    .clock = time_,
                    .deadline = Deadline{time_, budget},
                    .http = site_,
                    .systemd = systemd,
                    .notes = notes};
    const std::vector<Verdict> verdicts = run_outside_checks(run);
    EXPECT_EQ(verdicts.size(), 1U);
    const Verdict& verdict = verdicts.at(0);
    return fmt::format("{} {} {}{}", verdict.id, to_string(verdict.status), verdict.code,
                       verdict.confirm_runs == 2 ? ", in 2 runs" : "");
  }

  const std::string token_ = jwt(R"({"exp":1800043200,"role":"teacher"})");
  const std::string stream_ = "GET /schedule/api/recordings/7/stream/?token=" + token_;
  const std::string token_file_ =
      testing::TempDir() + "outside_faults_test." + std::to_string(::getpid());
  std::string more_;
  FakeTime time_;
  FakeSite site_{time_};
};

TEST_F(OutsideFaults, OfZoom) {
  const auto of = [&](const HttpResponse& response) {
    site_.answer(token_of_zoom, response);
    return told("zoom");
  };
  EXPECT_EQ(of(json_answer(200, R"({"access_token":"t"})")), "zoom ok zoom_ok");
  EXPECT_EQ(of(json_answer(429, R"({"code":429,"message":"rate limit"})")),
            "zoom warning throttled, in 2 runs");
  EXPECT_EQ(of(json_answer(500, R"({"code":500})")), "zoom warning server_error, in 2 runs");
  EXPECT_EQ(of(page_answer(502, "<html>cloudflare")), "zoom warning bad_gateway, in 2 runs");
  EXPECT_EQ(of(page_answer(200, "<html>maintenance")), "zoom warning spa_page");
  EXPECT_EQ(of(no_answer(HttpError::timeout)), "zoom warning timeout, in 2 runs");
  EXPECT_EQ(of(json_answer(200, "{}")), "zoom warning wrong_shape");
  EXPECT_EQ(of(json_answer(401, R"({"error":"invalid_client"})")), "zoom warning zoom_client");
}

TEST_F(OutsideFaults, OfGooglesTokens) {
  const auto of = [&](const HttpResponse& response) {
    site_.answer(token_of_google, response);
    return told("gdrive");
  };
  EXPECT_EQ(of(json_answer(429, R"({"error":"rate_limit_exceeded"})")),
            "gdrive warning throttled, in 2 runs");
  EXPECT_EQ(of(json_answer(500, R"({"error":"internal_failure"})")),
            "gdrive warning server_error, in 2 runs");
  EXPECT_EQ(of(page_answer(502, "<html>Error 502")), "gdrive warning bad_gateway, in 2 runs");
  EXPECT_EQ(of(page_answer(200, "<html>")), "gdrive warning spa_page");
  EXPECT_EQ(of(json_answer(403, R"({"error":"access_denied"})")), "gdrive warning forbidden");
  EXPECT_EQ(of(json_answer(400, R"({"error":"invalid_grant"})")), "gdrive warning gdrive_revoked");
}

TEST_F(OutsideFaults, OfTheStream) {
  EXPECT_EQ(told("stream"), "stream ok stream_ok");
  site_.answer(stream_, json_answer(403, "{}"));
  EXPECT_EQ(told("stream"), "stream warning stream_foreign");
  site_.answer(stream_, json_answer(502, "{}"));
  EXPECT_EQ(told("stream"), "stream critical stream_drive, in 2 runs");
  site_.answer(stream_, page_answer(502, "<html>nginx"));
  EXPECT_EQ(told("stream"), "stream critical bad_gateway");
}

TEST_F(OutsideFaults, OfTheLoginThatTheStreamNeeds) {
  const auto of = [&](int status) {
    site_.answer(login, json_answer(status, R"({"detail":"no"})"));
    return told("stream");
  };
  EXPECT_EQ(of(401), "stream warning login_refused");
  EXPECT_EQ(of(403), "stream warning login_forbidden");
  EXPECT_EQ(of(429), "stream warning login_throttled");
  EXPECT_EQ(of(500), "stream critical server_error");
}

TEST_F(OutsideFaults, WhatCouldNotBeAskedInTimeIsNotKnown) {
  site_.answer(token_of_zoom, json_answer(200, R"({"access_token":"t"})"), std::chrono::minutes{9});
  EXPECT_EQ(told("zoom", std::chrono::seconds{5}), "zoom unknown deadline");
  site_.answer(login, json_answer(200, "{}"), std::chrono::minutes{9});
  EXPECT_EQ(told("stream", std::chrono::seconds{5}), "stream unknown deadline");
}

TEST_F(OutsideFaults, OfATokenFileThatCannotBeReadNothingIsKnown) {
  std::filesystem::remove(token_file_);
  EXPECT_EQ(told("gdrive"), "gdrive unknown not_configured");
}

}  // namespace
}  // namespace lectio
