#include "deploy_safe/kept_state.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>

#include "deploy_safe/progress.hpp"
#include "io/file.hpp"
#include "io/scripted_http.hpp"
#include "io/system_clock.hpp"

namespace lectio {
namespace {

using testing::HasSubstr;

class StoppedUnit final : public Systemd {
 public:
  Result<UnitState> unit(const std::string& /*name*/) override { return UnitState{}; }
  Result<void> order(UnitOrder /*order*/, const std::string& /*name*/) override { return {}; }
};

// A site with SQLite and a repository without a commit.
class KeptStateTest : public testing::Test {
 protected:
  static std::string make_temporary() {
    std::string path = testing::TempDir() + "kept_state.XXXXXX";
    EXPECT_NE(::mkdtemp(path.data()), nullptr);
    return path;
  }

  KeptStateTest() {
    run({"/usr/bin/git", "init", "--quiet", root_});
    sql("CREATE TABLE names (name)");
    database_.bytes = 1;
  }
  ~KeptStateTest() override { std::filesystem::remove_all(root_); }

  std::string run(std::vector<std::string> argv) {
    const auto result = run_process({.argv = std::move(argv)}, clock_);
    return result ? result->output + result->errors : result.error().message;
  }
  std::string sql(const std::string& statement) {
    constexpr auto script =
        "import sqlite3, sys\nbase = sqlite3.connect(sys.argv[1])\n"
        "print(base.execute(sys.argv[2]).fetchall())\nbase.commit()";
    return run({"/usr/bin/python3", "-c", script, database_.name, statement});
  }
  KeptState state(const std::string& python = "/usr/bin/python3") {
    KeptState state{stage_, {.site = {}, .python = python}};
    state.set_database(database_);
    return state;
  }
  Result<std::string> keep(KeptState& state) {
    return state.keep({.made = clock_.wall(), .migrations = {"homework.0002"}},
                      *Git::open(root_, clock_), {}, "Django==4.2\n");
  }
  std::string rows() { return sql("SELECT name FROM names ORDER BY name"); }

  const std::string root_ = make_temporary();
  const std::string backups_ = root_ + "/backups";
  const Config config_ =
      *Config::parse(fmt::format("SITE_URL=https://lectio.test\nBACKUP_DIR={}\n", backups_),
                     "config.env", [](const std::string&) { return std::nullopt; });
  SystemClock clock_;
  ScriptedHttp http_;
  StoppedUnit systemd_;
  std::vector<std::string> notes_;
  Act act_{config_,  Format::text, DryRun::off,
           Lang::en, clock_,       Deadline{clock_, std::chrono::seconds{60}},
           http_,    notes_};
  Progress progress_{clock_, Lang::en};
  Stage stage_{act_, systemd_, progress_};
  Database database_{.engine = "sqlite", .name = root_ + "/db.sqlite3"};
};

TEST_F(KeptStateTest, TheDumpOfTheStoppedSiteTakesThePlaceOfTheOneBefore) {
  KeptState first = state();
  const auto target = keep(first);
  ASSERT_TRUE(target) << target.error().message;
  KeptState second = state();
  const auto backup = keep(second);
  ASSERT_TRUE(backup) << backup.error().message;
  sql("INSERT INTO names VALUES ('written since')");
  const auto replaced = second.replace_by(*target);
  ASSERT_TRUE(replaced) << replaced.error().message;
  EXPECT_EQ(rows(), "[]\n");
  const auto back = second.put_back(*backup, *Git::open(root_, clock_));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(rows(), "[('written since',)]\n") << "the later dump is the one that counts";
}

TEST_F(KeptStateTest, ADumpThatFailsLeavesTheOneBefore) {
  KeptState kept = state();
  const auto backup = keep(kept);
  ASSERT_TRUE(backup) << backup.error().message;
  const std::string dump = fmt::format("{}/backend-{}/database.dump", backups_, *backup);
  const std::string before = *read_file(dump);
  database_.name = root_ + "/gone.sqlite3";
  kept.set_database(database_);
  const auto replaced = kept.replace_by(*backup);
  ASSERT_FALSE(replaced);
  EXPECT_EQ(read_file(dump).value_or(""), before);
  EXPECT_FALSE(std::filesystem::exists(dump + ".new"));
}

TEST_F(KeptStateTest, IsDescribedBeforeTheDumpIsMade) {
  const std::string python = root_ + "/python";
  ASSERT_TRUE(write_file_atomically(
      python,
      fmt::format("#!/bin/sh\ncat {}/backend-*/manifest.json > {}/seen || exit 1\n"
                  "exec /usr/bin/python3 \"$@\"\n",
                  backups_, root_),
      0755));
  KeptState kept = state(python);
  const auto backup = keep(kept);
  ASSERT_TRUE(backup) << backup.error().message;
  EXPECT_THAT(*read_file(root_ + "/seen"), HasSubstr("\"has_dump\":false"));
  const auto all = list_backups(backups_);
  ASSERT_TRUE(all && all->size() == 1);
  EXPECT_TRUE(all->front().has_dump);
  EXPECT_EQ(*read_file(packages_path(backups_, all->front())), "Django==4.2\n");
}

}  // namespace
}  // namespace lectio
