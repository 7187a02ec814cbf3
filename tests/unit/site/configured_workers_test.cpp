#include "site/configured_workers.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "site/server_fakes.hpp"

namespace lectio {
namespace {

std::optional<int> workers_of(const std::vector<std::string>& arguments) {
  return workers_of_command_line(arguments);
}

TEST(WorkersOfCommandLine, ReadsEveryFormOfGunicorn) {
  EXPECT_EQ(workers_of({"gunicorn", "-w", "3", "app.wsgi"}), 3);
  EXPECT_EQ(workers_of({"gunicorn", "-w5", "app.wsgi"}), 5);
  EXPECT_EQ(workers_of({"gunicorn", "--workers", "2"}), 2);
  EXPECT_EQ(workers_of({"gunicorn", "--workers=4", "--threads", "8"}), 4);
  EXPECT_EQ(workers_of({"gunicorn", "-w", "3", "--workers=1"}), 1) << "the last one counts";
}

TEST(WorkersOfCommandLine, KnowsWhenItIsNotSaid) {
  EXPECT_EQ(workers_of({}), std::nullopt);
  EXPECT_EQ(workers_of({"gunicorn: master [app.wsgi]"}), std::nullopt);
  EXPECT_EQ(workers_of({"gunicorn", "--worker-class", "gthread"}), std::nullopt);
  EXPECT_EQ(workers_of({"gunicorn", "-w"}), std::nullopt);
  EXPECT_EQ(workers_of({"gunicorn", "-w", "many"}), std::nullopt);
  EXPECT_EQ(workers_of({"gunicorn", "-w", "99999999999999"}), std::nullopt);
}

TEST(WorkersOfConfigFile, ReadsAPlainNumberOnly) {
  EXPECT_EQ(workers_of_config_file("bind = 'unix:/run/a.sock'\nworkers = 3\n"), 3);
  EXPECT_EQ(workers_of_config_file("workers=4  # of 8 cores\r\nworker_class = 'gthread'\n"), 4);
  EXPECT_EQ(workers_of_config_file("workers = 3\nworkers = 5"), 5) << "the last one counts";
  for (const char* text : {"", "worker_class = 'sync'", "# workers = 3", "workers = 2 * cpus + 1",
                           "max_workers = 9", "workers = 2\nworkers = int(os.environ['WORKERS'])",
                           "workers =", "workers = 2\nif big:\n    workers = 8\n"}) {
    EXPECT_EQ(workers_of_config_file(text), std::nullopt) << text;
  }
}

// A /proc of the test's own, whose process 100 was started from the arguments given.
class ConfiguredWorkers : public testing::Test {
 protected:
  ~ConfiguredWorkers() override { std::filesystem::remove_all(root); }

  void write(const std::string& path, const std::string& content) {
    std::filesystem::create_directories(std::filesystem::path{root + "/" + path}.parent_path());
    std::ofstream{root + "/" + path} << content;
  }
  void environment(const std::string& entry) { write("100/environ", entry + std::string(1, '\0')); }
  std::optional<int> configured(const std::vector<std::string>& arguments = {"gunicorn", "app"}) {
    return configured_workers("app", 100, arguments, systemd, Procfs{root});
  }

  std::string root = testing::TempDir() + "configured_workers." + std::to_string(::getpid());
  server_fakes::Systemd systemd;
};

TEST_F(ConfiguredWorkers, WhoeverGunicornListensToMostIsBelieved) {
  EXPECT_EQ(configured(), std::nullopt);
  environment("WEB_CONCURRENCY=2");
  EXPECT_EQ(configured(), 2);
  write("100/cwd/gunicorn.conf.py", "workers = 3\n");
  EXPECT_EQ(configured(), 3);
  write("100/root/etc/gunicorn.py", "workers = 4\n");
  EXPECT_EQ(configured({"gunicorn", "-c", "/etc/gunicorn.py"}), 4);
  systemd.unit_settings.environment = {"GUNICORN_CMD_ARGS=--threads 2 --workers=5"};
  EXPECT_EQ(configured(), 5);
  systemd.unit_settings.start_command = {"gunicorn", "-w", "6"};
  EXPECT_EQ(configured(), 6);
  EXPECT_EQ(configured({"gunicorn", "-w7"}), 7);
}

TEST_F(ConfiguredWorkers, TheConfigurationFileIsFoundBehindATitle) {
  write("100/root/etc/gunicorn.py", "workers = 4\n");
  systemd.unit_settings.start_command = {"gunicorn", "--config=/etc/gunicorn.py"};
  EXPECT_EQ(configured({"gunicorn: master [app]"}), 4);
}

TEST_F(ConfiguredWorkers, WhatGoesOverTheEnvironmentAndCannotBeReadIsNotGuessed) {
  environment("WEB_CONCURRENCY=2");
  EXPECT_EQ(configured({"gunicorn", "-c", "python:app.conf"}), std::nullopt);
  write("100/cwd/own.py", "workers = cpus()\n");
  EXPECT_EQ(configured({"gunicorn", "--config", "own.py"}), std::nullopt);
  write("100/cwd/own.py", "threads = 4\n");
  EXPECT_EQ(configured({"gunicorn", "--config", "own.py"}), 2);
}

}  // namespace
}  // namespace lectio
