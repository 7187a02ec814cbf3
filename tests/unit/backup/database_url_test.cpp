#include "backup/database_url.hpp"

#include <gtest/gtest.h>

namespace lectio {
namespace {

TEST(DatabaseUrl, NamesADatabaseAsDjangoReadsIt) {
  const auto all =
      database_of_url("postgres://teach%40er:p%2Fw:d@db.test:6432/site?sslmode=require");
  ASSERT_TRUE(all);
  EXPECT_EQ(all->engine, "postgresql");
  EXPECT_EQ(all->user, "teach@er");
  EXPECT_EQ(all->password, "p/w:d");
  EXPECT_EQ(all->host, "db.test");
  EXPECT_EQ(all->port, "6432");
  EXPECT_EQ(all->name, "site");
  const auto socket = database_of_url("postgresql:///site");
  ASSERT_TRUE(socket);
  EXPECT_EQ(socket->name, "site");
  EXPECT_TRUE(socket->host.empty() && socket->user.empty());
}

TEST(DatabaseUrl, AnyOtherIsNone) {
  for (const char* url :
       {"", "sqlite:////srv/db.sqlite3", "mysql://a@b/c", "postgres://host", "postgres://host/",
        "postgres://[", "postgres://host:123456789/site", "site"}) {
    EXPECT_FALSE(database_of_url(url)) << url;
  }
}

}  // namespace
}  // namespace lectio
