#include "lectio-monitor-setup/nginx_config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lectio {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// As `nginx -T` prints it: one file after the other, includes unresolved.
constexpr std::string_view dump =
    R"(nginx: configuration file /etc/nginx/nginx.conf test is successful
# configuration file /etc/nginx/nginx.conf:
user www-data;
error_log /var/log/nginx/error.log;
events { worker_connections 768; }
http {
    access_log /var/log/nginx/access.log;  # all of them
    include /etc/nginx/conf.d/*.conf;
    include sites-enabled/*;
}

# configuration file /etc/nginx/conf.d/upstreams.conf:
upstream backend {
    server 127.0.0.1:8000 fail_timeout=0;
}

# configuration file /etc/nginx/sites-enabled/lectio:
server {
    listen 80;
    server_name lectio.example;
    return 301 https://$host$request_uri;
}
server {
    listen [::]:443 ssl http2;
    listen 443 ssl;
    server_name *.lectio.example "lectio.example" www.lectio.example;
    ssl_certificate /etc/letsencrypt/live/lectio.example/fullchain.pem;
    root /var/www/teaching_panel/frontend/build;
    access_log /var/log/nginx/lectio.log combined;
    location ~ ^/(api|schedule)/ {
        include proxy.conf;
    }
    location / { try_files $uri "${uri}/" /index.html; }
}
server {
    listen 127.0.0.1:8443 ssl;
    server_name stage.lectio.example;
    root /srv/other;
    access_log off;
    location / { root /srv/stage; proxy_pass http://unix:/run/stage.sock:/; }
}

# configuration file /etc/nginx/proxy.conf:
proxy_pass http://backend;
proxy_set_header Host $host;
)";

TEST(NginxConfig, FindsWhatAnswersOverTls) {
  const auto config = parse_nginx_dump(dump);
  ASSERT_TRUE(config.has_value()) << config.error().message;
  EXPECT_EQ(config->user, "www-data");
  ASSERT_EQ(config->sites.size(), 2U);
  const NginxSite& site = config->sites[0];
  EXPECT_THAT(site.names, ElementsAre("lectio.example", "www.lectio.example"));
  EXPECT_EQ(site.port, 443);
  EXPECT_EQ(site.root, "/var/www/teaching_panel/frontend/build");
  EXPECT_EQ(site.certificate, "/etc/letsencrypt/live/lectio.example/fullchain.pem");
  EXPECT_EQ(site.access_log, "/var/log/nginx/lectio.log");
  EXPECT_EQ(site.error_log, "/var/log/nginx/error.log");
  EXPECT_THAT(site.proxies, ElementsAre("127.0.0.1:8000"));
}

TEST(NginxConfig, ReadsASocketAnOwnPortAndALogThatIsOff) {
  const auto config = parse_nginx_dump(dump);
  ASSERT_TRUE(config.has_value());
  const NginxSite& stage = config->sites.at(1);
  EXPECT_THAT(stage.names, ElementsAre("stage.lectio.example"));
  EXPECT_EQ(stage.port, 8443);
  EXPECT_EQ(stage.root, "/srv/stage");
  EXPECT_EQ(stage.access_log, "");
  EXPECT_THAT(stage.proxies, ElementsAre("unix:/run/stage.sock"));
}

TEST(NginxConfig, ABlockThatIsNotClosedIsNamed) {
  const auto open =
      parse_nginx_dump("# configuration file /etc/nginx/nginx.conf:\nhttp { server {\n");
  ASSERT_FALSE(open.has_value());
  EXPECT_THAT(open.error().message, HasSubstr("not closed"));
  EXPECT_FALSE(parse_nginx_dump("").has_value());
}

TEST(NginxConfig, FilesThatIncludeEachOtherEnd) {
  const auto config = parse_nginx_dump(
      "# configuration file /etc/nginx/nginx.conf:\nhttp { include a; }\n"
      "# configuration file /etc/nginx/a:\ninclude a; server { listen 443 ssl; }\n");
  ASSERT_TRUE(config.has_value());
  EXPECT_THAT(config->sites, testing::Not(IsEmpty()));
  EXPECT_THAT(config->sites[0].names, IsEmpty());
}

TEST(NginxConfig, EveryBeginningOfADumpIsReadOrRefused) {
  for (std::size_t length = 0; length < dump.size(); ++length) {
    [[maybe_unused]] const auto config = parse_nginx_dump(dump.substr(0, length));
  }
  const std::string deep = "# configuration file /n:\n" + std::string(100'000, '{');
  EXPECT_FALSE(parse_nginx_dump(deep).has_value());
}

}  // namespace
}  // namespace lectio
