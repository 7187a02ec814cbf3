#include "lectio-monitor-setup/discovery.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "io/system_clock.hpp"

namespace lectio {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

class Units final : public Systemd {
 public:
  Result<UnitState> unit(const std::string& name) override {
    const auto found = states.find(name);
    if (found != states.end()) return found->second;
    UnitState absent;
    absent.load_state = "not-found";
    return absent;
  }
  std::map<std::string, UnitState> states;
};

UnitState active(pid_t pid = 0) {
  UnitState state;
  state.load_state = "loaded";
  state.active_state = "active";
  state.main_pid = pid;
  return state;
}

// A server in a directory: unit files, a project, an nginx that prints its configuration.
class SetupDiscovery : public testing::Test {
 protected:
  SetupDiscovery() {
    fs::create_directories(root_ / "units");
    places_.unit_directories = {(root_ / "units").string()};
    places_.nginx = (root_ / "nginx").string();
    places_.proc = (root_ / "proc").string();
  }
  ~SetupDiscovery() override { fs::remove_all(root_); }

  fs::path write(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream{root_ / path} << text;
    return root_ / path;
  }

  std::string at(const std::string& path) const { return (root_ / path).string(); }

  void add_project(const std::string& name, const std::string& bind) {
    write(name + "/app/manage.py",
          "os.environ.setdefault(\"DJANGO_SETTINGS_MODULE\", \"panel.settings_of_developers\")\n");
    write(name + "/app/panel/wsgi.py", "os.environ['DJANGO_SETTINGS_MODULE'] = 'panel.settings'\n");
    write(name + "/build/index.html", "<html>");
    fs::create_directories(root_ / name / ".git");
    write("units/" + name + ".service", "[Service]\nWorkingDirectory=" + at(name + "/app") +
                                            "\nExecStart=" + at(name + "/venv/bin/gunicorn") +
                                            " --bind " + bind + " panel.wsgi\n");
  }

  std::string server(const std::string& name, const std::string& bind) const {
    return "server { listen 443 ssl; server_name " + name + ".example; root " +
           at(name + "/build") + "; ssl_certificate /etc/ssl/" + name +
           ".pem; location /api/ { proxy_pass http://" + bind + "; } }\n";
  }

  void add_nginx(const std::string& servers) {
    write("dump",
          "# configuration file /etc/nginx/nginx.conf:\nuser web;\nhttp {\n" + servers + "}\n");
    const fs::path script =
        write("nginx", "#!/bin/sh\n[ \"$1\" = -T ] && cat " + at("dump") + "\n");
    ::chmod(script.c_str(), 0755);
  }

  std::map<std::string, std::string> found(const std::map<std::string, std::string>& known = {}) {
    discovery_ = discover(places_, units_, clock_, [&](std::string_view key) {
      const auto value = known.find(std::string{key});
      return value == known.end() ? std::nullopt : std::optional{value->second};
    });
    std::map<std::string, std::string> values;
    for (const Found& one : discovery_.found) {
      EXPECT_TRUE(values.emplace(one.key, one.value).second) << one.key << " twice";
      EXPECT_FALSE(one.source.empty());
    }
    return values;
  }

  fs::path root_ =
      fs::temp_directory_path() / ("lectio-discovery-" + std::to_string(::getpid()) + "-" +
                                   testing::UnitTest::GetInstance()->current_test_info()->name());
  Places places_;
  Units units_;
  SystemClock clock_;
  Discovery discovery_;
};

TEST_F(SetupDiscovery, FindsUnitPathsAndAddress) {
  add_project("panel", "0.0.0.0:8000");
  add_nginx(server("panel", "127.0.0.1:8000"));
  units_.states["redis-server"] = active();
  units_.states["celery"].load_state = "loaded";
  units_.states["celery"].unit_file_state = "disabled";
  const std::map<std::string, std::string> wanted{{"BACKEND_SERVICE", "panel"},
                                                  {"PROJECT_ROOT", at("panel")},
                                                  {"DJANGO_DIR", at("panel/app")},
                                                  {"DJANGO_SETTINGS_MODULE", "panel.settings"},
                                                  {"VENV_DIR", at("panel/venv")},
                                                  {"INTERNAL_BACKEND_URL", "http://127.0.0.1:8000"},
                                                  {"SITE_URL", "https://panel.example"},
                                                  {"FRONTEND_BUILD", at("panel/build")},
                                                  {"WEB_USER", "web"},
                                                  {"CERTIFICATE_FILE", "/etc/ssl/panel.pem"},
                                                  {"WATCH_UNITS", "redis-server"}};
  EXPECT_EQ(found(), wanted);
  EXPECT_THAT(discovery_.sites, IsEmpty());
}

TEST_F(SetupDiscovery, ARunningProcessKnowsMoreThanItsUnitFile) {
  write("x/app/manage.py", "");
  write("units/x.service", "[Service]\nExecStart=/srv/venv/bin/gunicorn -b ${BIND} x.wsgi\n");
  fs::create_directories(root_ / "proc/7");
  fs::create_directory_symlink(root_ / "x/app", root_ / "proc/7/cwd");
  const std::string argv = std::string{"/srv/venv/bin/python3\0/srv/venv/bin/gunicorn\0-b\0", 47} +
                           std::string{"unix:/run/x.sock\0x.wsgi\0", 24};
  write("proc/7/cmdline", argv);
  units_.states["x"] = active(7);
  const auto values = found();
  EXPECT_EQ(values.at("BACKEND_SOCKET"), "/run/x.sock");
  EXPECT_EQ(values.at("DJANGO_DIR"), at("x/app"));
  EXPECT_EQ(values.at("VENV_DIR"), "/srv/venv");
  EXPECT_FALSE(values.contains("DJANGO_SETTINGS_MODULE"));
  write("proc/7/environ", std::string{"A=b\0DJANGO_SETTINGS_MODULE=x.live\0", 34});
  EXPECT_EQ(found().at("DJANGO_SETTINGS_MODULE"), "x.live");
}

TEST_F(SetupDiscovery, ALinkedUnitIsReadAndAMaskedOneIsNone) {
  add_project("panel", "127.0.0.1:8000");
  fs::rename(root_ / "units/panel.service", root_ / "panel/panel.service");
  fs::create_symlink(root_ / "panel/panel.service", root_ / "units/panel.service");
  fs::create_symlink("/dev/null", root_ / "units/masked.service");
  EXPECT_EQ(found().at("BACKEND_SERVICE"), "panel");
}

TEST_F(SetupDiscovery, ARelativeSocketIsWhereTheUnitWorks) {
  add_project("panel", "unix:panel.sock");
  EXPECT_EQ(found().at("BACKEND_SOCKET"), at("panel/app/panel.sock"));
}

TEST_F(SetupDiscovery, WhatIsNoAddressIsNotTakenForOne) {
  for (const char* bind : {"fd://3", "127.0.0.1:${PORT}", "panel"}) {
    add_project("panel", bind);
    EXPECT_FALSE(found().contains("INTERNAL_BACKEND_URL")) << bind;
  }
}

TEST_F(SetupDiscovery, AForeignSiteIsNotTakenForTheConfiguredOne) {
  add_project("panel", "127.0.0.1:8000");
  add_nginx(server("shop", "127.0.0.1:9000") + server("other", "127.0.0.1:9001"));
  write("shop/build/index.html", "");
  write("other/build/index.html", "");
  auto values = found();
  EXPECT_EQ(values.at("BACKEND_SERVICE"), "panel");
  EXPECT_FALSE(values.contains("SITE_URL"));
  EXPECT_THAT(discovery_.sites, ElementsAre("https://shop.example", "https://other.example"));
  values = found({{"SITE_URL", "https://panel.example"}});
  EXPECT_FALSE(values.contains("FRONTEND_BUILD"));
  EXPECT_FALSE(values.contains("CERTIFICATE_FILE"));
  EXPECT_EQ(found({{"SITE_URL", "https://other.example"}}).at("FRONTEND_BUILD"), at("other/build"));
}

TEST_F(SetupDiscovery, OfSeveralSitesTheConfiguredOne) {
  add_project("panel", "127.0.0.1:8000");
  add_project("stage", "127.0.0.1:8001");
  add_nginx(server("panel", "127.0.0.1:8000") + server("stage", "localhost:8001"));
  EXPECT_FALSE(found().contains("SITE_URL"));
  EXPECT_THAT(discovery_.sites,
              ElementsAre("https://panel.example (panel)", "https://stage.example (stage)"));
  EXPECT_EQ(found({{"SITE_URL", "https://stage.example"}}).at("BACKEND_SERVICE"), "stage");
  EXPECT_EQ(found({{"BACKEND_SERVICE", "panel"}}).at("SITE_URL"), "https://panel.example");
  units_.states["stage"] = active();
  units_.states["stage"].main_pid = 99999999;
  EXPECT_EQ(found().at("BACKEND_SERVICE"), "stage");
}

TEST_F(SetupDiscovery, WithoutNginxOrWithoutAUnitWhatThereIs) {
  add_project("panel", "127.0.0.1:8000");
  EXPECT_EQ(found().at("BACKEND_SERVICE"), "panel");
  EXPECT_FALSE(found().contains("SITE_URL"));
  fs::remove(root_ / "units/panel.service");
  add_nginx(server("panel", "127.0.0.1:8000"));
  EXPECT_EQ(found().at("SITE_URL"), "https://panel.example");
  EXPECT_FALSE(found().contains("BACKEND_SERVICE"));
}

TEST_F(SetupDiscovery, AnEmptyMachineTellsNothing) { EXPECT_THAT(found(), IsEmpty()); }

}  // namespace
}  // namespace lectio
