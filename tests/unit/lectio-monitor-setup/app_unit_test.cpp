#include "lectio-monitor-setup/app_unit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lectio {
namespace {

using testing::ElementsAre;

Gunicorn of(const std::string& exec_start) {
  return parse_gunicorn(parse_unit_file("[Service]\nExecStart=" + exec_start + "\n").command);
}

TEST(AppUnit, ReadsDirectoryAndCommandOverSeveralLines) {
  const AppUnit unit = parse_unit_file(
      "[Unit]\n# ExecStart=/no\n[Service]\nWorkingDirectory=-/srv/app\r\n"
      "ExecStart = -/srv/venv/bin/gunicorn --bind 127.0.0.1:8000 \\\n    "
      "\"app.wsgi:application\"\n");
  EXPECT_EQ(unit.working_directory, "/srv/app");
  EXPECT_THAT(unit.command, ElementsAre("/srv/venv/bin/gunicorn", "--bind", "127.0.0.1:8000",
                                        "app.wsgi:application"));
}

TEST(AppUnit, TheLastCommandCounts) {
  EXPECT_THAT(parse_unit_file("ExecStart=/a\nExecStart=\nExecStart=/b\n").command,
              ElementsAre("/b"));
}

TEST(Gunicorn, IsKnownByItsProgram) {
  EXPECT_EQ(of("/usr/bin/python3 manage.py runserver").program, "");
  EXPECT_EQ(of("/venv/bin/python3 /venv/bin/gunicorn a.wsgi").program, "/venv/bin/gunicorn");
}

TEST(Gunicorn, EveryWayToSayWhereItListens) {
  for (const char* way : {"-b 0.0.0.0:1", "-b0.0.0.0:1", "--bind 0.0.0.0:1", "--bind=0.0.0.0:1",
                          "--bind=0.0.0.0:1 --bind=unix:/x"}) {
    EXPECT_EQ(of(std::string{"/v/bin/gunicorn "} + way + " a.wsgi").bind, "0.0.0.0:1") << way;
  }
  EXPECT_EQ(of("/v/bin/gunicorn --bind").bind, "");
}

TEST(Gunicorn, DirectoryAndApplication) {
  const Gunicorn found = of("/v/bin/gunicorn --chdir /srv/x --workers 3 panel.wsgi:application");
  EXPECT_EQ(found.directory, "/srv/x");
  EXPECT_EQ(found.application, "panel.wsgi");
}

}  // namespace
}  // namespace lectio
