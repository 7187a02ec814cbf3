#include "check/jwt.hpp"

#include <gtest/gtest.h>

#include "check/fake_site.hpp"

namespace lectio {
namespace {

const WallTime now{std::chrono::seconds{1'800'000'000}};

std::string fault(const std::string& token, std::string_view role = "teacher") {
  return jwt_fault(token, role, now);
}

TEST(Jwt, ATokenWithTheRoleAndTimeLeftIsGood) {
  EXPECT_EQ(fault(jwt(R"({"exp":1800043200,"role":"teacher"})")), "");
  EXPECT_EQ(fault(jwt(R"({"exp":1800043200})"), ""), "") << "a refresh token's role is nobody's";
}

TEST(Jwt, AnotherRoleIsTold) {
  EXPECT_EQ(fault(jwt(R"({"exp":1800043200,"role":"student"})")), "wrong_role");
  EXPECT_EQ(fault(jwt(R"({"exp":1800043200})")), "wrong_role");
  EXPECT_EQ(fault(jwt(R"({"exp":1800043200,"role":7})")), "wrong_role");
}

TEST(Jwt, ExpiryAllowsAMinuteOfSkew) {
  EXPECT_EQ(fault(jwt(R"({"exp":1799999941,"role":"teacher"})")), "");
  EXPECT_EQ(fault(jwt(R"({"exp":1799999940,"role":"teacher"})")), "expired");
  EXPECT_EQ(fault(jwt(R"({"role":"teacher"})")), "no_exp");
  EXPECT_EQ(fault(jwt(R"({"exp":"never","role":"teacher"})")), "no_exp");
}

TEST(Jwt, WhatIsNoTokenIsTold) {
  const std::string good = jwt(R"({"exp":1800043200,"role":"teacher"})");
  EXPECT_EQ(fault(""), "not_three_parts");
  EXPECT_EQ(fault("a.b"), "not_three_parts");
  EXPECT_EQ(fault(good + ".d"), "not_three_parts");
  EXPECT_EQ(fault(good.substr(0, good.rfind('.') + 1)), "not_base64url") << "no signature";
  EXPECT_EQ(fault("a b.c+d.e=f"), "not_base64url");
  EXPECT_EQ(fault(jwt("[1]")), "not_json");
  EXPECT_EQ(fault(jwt("{\"exp\":")), "not_json");
  EXPECT_EQ(fault(jwt(std::string(100'000, '['))), "not_json");
}

}  // namespace
}  // namespace lectio
