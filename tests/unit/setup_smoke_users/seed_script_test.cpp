// seed.py inside a real Django, with a school that is not quite the one we know.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>

#include "io/process.hpp"
#include "io/system_clock.hpp"
#include "setup_smoke_users/seed.hpp"

namespace lectio {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr auto teachers_password = "teacher's \"pass\\word";

class SeedScript : public testing::Test {
 protected:
  void SetUp() override {
    std::string path = testing::TempDir() + "seed_script.XXXXXX";
    directory_ = ::mkdtemp(path.data());
    as_.environment = {{"DJANGO_SETTINGS_MODULE", "settings"},
                       {"SITE_DATABASE", directory_ + "/db.sqlite3"}};
    users_ = {{.name = "teacher", .email = "t@lectio.test", .password = teachers_password},
              {.name = "student", .email = "s@lectio.test", .password = "student-password"}};
    if (!std::filesystem::exists("/usr/lib/python3/dist-packages/django")) {
      GTEST_SKIP() << "Django is not installed (python3-django)";
    }
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  void open_school(const std::string& variant = "") {
    as_.environment["SITE_VARIANT"] = variant;
    const auto made = python(
        "from django.core.management import call_command\n"
        "call_command('migrate', run_syncdb=True, verbosity=0)\n");
    ASSERT_TRUE(made.ok()) << made.errors;
  }
  Findings seed(bool with_data = false, SeedMode mode = SeedMode::apply,
                const std::string& drive_file = "") {
    return run_seed({.python = "/usr/bin/python3",
                     .directory = site_,
                     .as = as_,
                     .users = users_,
                     .with_data = with_data,
                     .drive_file = drive_file,
                     .timeout = std::chrono::seconds{60}},
                    mode, clock_);
  }
  // What the site's own code says to an expression.
  std::string ask(const std::string& expression) {
    const auto result =
        python(fmt::format("from school.models import *\n"
                           "teacher = Person.objects.filter(email='t@lectio.test').first()\n"
                           "student = Person.objects.filter(email='s@lectio.test').first()\n"
                           "print({})",
                           expression));
    EXPECT_TRUE(result.ok()) << result.errors;
    return result.output.substr(0, result.output.find('\n'));
  }
  static std::string fact(const Finding& finding, std::string_view name) {
    const FactValue* value = finding.facts.find(name);
    return value == nullptr ? "" : to_text(*value);
  }

 private:
  ProcessResult python(const std::string& code) {
    ProcessRequest request{
        .argv = {"/usr/bin/python3", "-c", "import django\ndjango.setup()\n" + code},
        .directory = site_};
    request.environment.push_back("PYTHONDONTWRITEBYTECODE=1");
    for (const auto& [name, value] : as_.environment) {
      request.environment.push_back(fmt::format("{}={}", name, value));
    }
    return run_process(request, clock_).value_or(ProcessResult{.exit_code = 127});
  }

 protected:
  std::string site_ = SOURCE_DIR "/tests/unit/setup_smoke_users/site";
  std::string directory_;
  SiteProcess as_;
  std::vector<SmokeUser> users_;
  SystemClock clock_;
};

TEST_F(SeedScript, CreatesAccountsThatCanLogIn) {
  open_school();
  const Findings findings = seed();
  EXPECT_EQ(findings.at("smoke_teacher").code, "user_created");
  EXPECT_EQ(findings.at("smoke_student").code, "user_created");
  EXPECT_EQ(ask("teacher.role, teacher.is_active, student.role"), "teacher True student");
  EXPECT_EQ(ask(R"(teacher.check_password("teacher's \"pass\\word"))"), "True");
}

TEST_F(SeedScript, ASecondRunWritesNothing) {
  open_school();
  seed(true);
  const std::string writes = ask("teacher.writes, student.writes");
  const Findings findings = seed(true);
  EXPECT_EQ(findings.at("smoke_teacher").code, "user_unchanged");
  EXPECT_EQ(findings.at("smoke_student").code, "user_unchanged");
  EXPECT_EQ(findings.at("smoke_data").code, "data_unchanged");
  EXPECT_EQ(ask("teacher.writes, student.writes"), writes);
  EXPECT_EQ(ask("[model.objects.count() for model in (Group, Lesson, Homework, LessonRecording)]"),
            "[1, 1, 1, 1]");
}

TEST_F(SeedScript, RepairsWhatWasSpoiledAndNamesIt) {
  open_school();
  seed();
  ask("Person.objects.filter(pk=teacher.pk).update(role='student', is_active=False, "
      "password='!', first_name='Ольга')");
  const Findings findings = seed();
  EXPECT_EQ(findings.at("smoke_teacher").code, "user_repaired");
  EXPECT_EQ(fact(findings.at("smoke_teacher"), "changed"), "password, role, is_active, first_name");
  EXPECT_EQ(findings.at("smoke_student").code, "user_unchanged");
  EXPECT_EQ(seed().at("smoke_teacher").code, "user_unchanged");
}

TEST_F(SeedScript, ARehearsalChangesNothing) {
  open_school();
  const Findings findings = seed(true, SeedMode::rehearse);
  EXPECT_EQ(findings.at("smoke_teacher").code, "user_to_create");
  EXPECT_EQ(findings.at("smoke_data").code, "data_to_create");
  EXPECT_EQ(ask("Person.objects.count(), Group.objects.count()"), "0 0");
}

TEST_F(SeedScript, DoesNotTakeOverAnAdministrator) {
  open_school();
  ask("Person.objects.create_user('t@lectio.test', 'own', role='teacher', is_superuser=True)");
  const Findings findings = seed(true);
  EXPECT_EQ(findings.at("smoke_teacher").code, "user_is_privileged");
  EXPECT_EQ(findings.at("smoke_student").code, "user_created");
  EXPECT_FALSE(findings.contains("smoke_data"));
  EXPECT_EQ(ask("teacher.check_password('own')"), "True");
}

TEST_F(SeedScript, MakesDataThatTheChecksCanSee) {
  open_school();
  const Findings findings = seed(true, SeedMode::apply, "drive-7");
  EXPECT_EQ(fact(findings.at("smoke_data"), "created"), "group, lesson, homework, recording")
      << fact(findings.at("smoke_data"), "field");
  EXPECT_EQ(
      ask("[s.email for g in Group.objects.filter(teacher=teacher) for s in g.students.all()]"),
      "['s@lectio.test']");
  EXPECT_EQ(ask("Homework.objects.filter(assigned_groups__students=student).get().status"),
            "published");
  EXPECT_EQ(ask("[(r.status, r.gdrive_file_id) for r in LessonRecording.objects.all()]"),
            "[('ready', 'drive-7')]");
}

TEST_F(SeedScript, RepairsDataThatWasSpoiled) {
  open_school();
  seed(true);
  ask("(Group.objects.get().students.clear(), LessonRecording.objects.update(status='processing'), "
      "Homework.objects.all().delete())");
  const Finding found = seed(true).at("smoke_data");
  EXPECT_EQ(found.code, "data_created");
  EXPECT_EQ(fact(found, "created"), "homework");
  EXPECT_EQ(fact(found, "changed"), "group, recording");
}

TEST_F(SeedScript, NamesAFieldThatTheProjectDoesNotHave) {
  open_school("no_students");
  const Finding found = seed(true).at("smoke_data");
  EXPECT_EQ(found.code, "field_missing");
  EXPECT_EQ(fact(found, "model"), "school.Group");
  EXPECT_EQ(fact(found, "field"), "students");
  EXPECT_EQ(ask("Person.objects.count(), Group.objects.count()"), "2 0");
}

TEST_F(SeedScript, NamesARequiredFieldThatItCannotFill) {
  open_school("rooms");
  const Finding found = seed(true).at("smoke_data");
  EXPECT_EQ(found.code, "field_unfillable");
  EXPECT_EQ(fact(found, "model"), "school.Lesson");
  EXPECT_EQ(fact(found, "field"), "room");
}

TEST_F(SeedScript, NamesARoleThatTheProjectDoesNotHave) {
  open_school("pupils");
  const Findings findings = seed();
  EXPECT_EQ(findings.at("smoke_student").code, "choice_missing");
  EXPECT_EQ(fact(findings.at("smoke_student"), "choice"), "student");
  EXPECT_EQ(findings.at("smoke_teacher").code, "user_created");
}

TEST_F(SeedScript, AProjectThatPrintsThePasswordIsNotQuoted) {
  open_school("leaky");
  const Finding found = seed().at("smoke_teacher");
  EXPECT_EQ(found.code, "django_failed");
  EXPECT_THAT(fact(found, "reason"), AllOf(Not(HasSubstr("word")), HasSubstr("***")));
}

TEST_F(SeedScript, ADatabaseThatIsNotThereIsNamed) {
  as_.environment["SITE_DATABASE"] = "/no/such/directory/db.sqlite3";
  const Findings findings = seed();
  EXPECT_EQ(findings.at("smoke_teacher").code, "database_failed");
  EXPECT_EQ(fact(findings.at("smoke_student"), "reason"),
            "OperationalError: unable to open database file");
}

TEST_F(SeedScript, SettingsThatDoNotLoadAreNamed) {
  as_.environment["DJANGO_SETTINGS_MODULE"] = "no_such_settings";
  EXPECT_EQ(fact(seed().at("smoke_teacher"), "reason"),
            "ModuleNotFoundError: No module named 'no_such_settings'");
}

}  // namespace
}  // namespace lectio
