#include "check/redactor.hpp"

#include <gtest/gtest.h>

#include "check/fake_site.hpp"

namespace lectio {
namespace {

TEST(Redactor, HidesSecretsWhereverTheyStand) {
  Redactor redactor;
  redactor.add_secret("hunter2");
  redactor.add_secret("hunter2-and-more");
  EXPECT_EQ(redactor.clean("wrong password hunter2!"), "wrong password ***!");
  EXPECT_EQ(redactor.clean("hunter2-and-more hunter2"), "*** ***");
  EXPECT_EQ(redactor.clean("hunter"), "hunter");
}

TEST(Redactor, HidesTokensItWasNeverTold) {
  EXPECT_EQ(Redactor{}.clean("token " + jwt(R"({"exp":1})") + " is bad"), "token *** is bad");
  EXPECT_EQ(Redactor{}.clean("eyJ is short"), "eyJ is short");
}

TEST(Redactor, HidesWhoAnAddressIsOpenedAs) {
  EXPECT_EQ(Redactor{}.clean("no route to postgres://me:pa@ss@db:5432/site?user=a@b"),
            "no route to postgres://***@db:5432/site?user=a@b");
  EXPECT_EQ(Redactor{}.clean("'https://ghp_0a@github.test/x' and http://a/b@c, http://"),
            "'https://***@github.test/x' and http://a/b@c, http://");
}

TEST(Redactor, HidesWhatIsNamedASecret) {
  EXPECT_EQ(Redactor{}.clean("sent password=hunter2&name=Bob"), "sent password=***&name=Bob");
  EXPECT_EQ(Redactor{}.clean(R"({'user': 'bob', 'Password': 'hunter 2'})"),
            R"({'user': 'bob', 'Password': '***'})");
  EXPECT_EQ(Redactor{}.clean(R"({\"refresh_token\":\"1//0a-b\"})"),
            R"({\"refresh_token\":\"***\"})");
  EXPECT_EQ(Redactor{}.clean("Authorization: Bearer ya29.a0 was refused"),
            "Authorization: Bearer *** was refused");
  EXPECT_EQ(Redactor{}.clean("client_secret = x, y"), "client_secret = ***, y");
  EXPECT_EQ(Redactor{}.clean("<QueryDict: {'password': ['hun', 'ter']}>"),
            "<QueryDict: {'password': ['***', 'ter']}>");
  EXPECT_EQ(Redactor{}.clean("new_password1=a&SECRET_KEY='x y'"),
            "new_password1=***&SECRET_KEY='***'");
  EXPECT_EQ(Redactor{}.clean("password=b'hunter2', x"), "password=b'***', x");
  EXPECT_EQ(Redactor{}.clean(R"(password='it\'s' x)"), "password='***' x");
  for (const char* said : {"wrong password", "password authentication failed for user \"a\"",
                           "the token: it has expired", "secret=", "password", "bearer "}) {
    EXPECT_EQ(Redactor{}.clean(said), said);
  }
}

TEST(Redactor, ShortensByCharactersNotBytes) {
  EXPECT_EQ(Redactor{}.clean("Слишком много", 7), "Слишком...");
  EXPECT_EQ(Redactor{}.clean("Слишком", 7), "Слишком");
}

TEST(Redactor, ASecretCutByTheLimitStaysHidden) {
  Redactor redactor;
  redactor.add_secret("long-password");
  EXPECT_EQ(redactor.clean("x long-password", 6), "x ***");
}

TEST(Redactor, TakesOutControlCharactersAndBrokenUtf8) {
  EXPECT_EQ(Redactor{}.clean("a\nb\x1b[31m"), "a b [31m");
  EXPECT_EQ(Redactor{}.clean("safe\xe2\x80\xae"
                             "gnp"),
            "safe gnp")
      << "right-to-left override";
  EXPECT_EQ(Redactor{}.clean("bad \xff\xfe"), "bad ??");
  EXPECT_EQ(Redactor{}.clean("cut \xd0"), "cut ?");
}

}  // namespace
}  // namespace lectio
