// What run_seed makes of a Python that answers well, badly or not at all.
#include "setup_smoke_users/seed.hpp"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>

#include "io/file.hpp"
#include "io/json.hpp"
#include "io/system_clock.hpp"

namespace lectio {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Key;
using testing::Not;

constexpr auto password = "t0p\"secret\\pässword";

class Seed : public testing::Test {
 protected:
  Seed() {
    std::string path = testing::TempDir() + "seed.XXXXXX";
    directory_ = ::mkdtemp(path.data());
    // Whoever the suite runs as, the stand-in must be able to leave its notes.
    std::filesystem::permissions(directory_, std::filesystem::perms::all);
    request_ = {.python = directory_ + "/python",
                .directory = directory_,
                .as = {},
                .users = {{.name = "teacher", .email = "t@lectio.test", .password = password}},
                .with_data = false,
                .drive_file = {},
                .timeout = std::chrono::seconds{30}};
  }
  ~Seed() override { std::filesystem::remove_all(directory_); }

  // The stand-in for the site's Python keeps its arguments, environment and input, then
  // does what the test says.
  Findings answer(const std::string& script, SeedMode mode = SeedMode::apply) {
    const std::string preface =
        "#!/usr/bin/python3 -I\n"
        "import json, os, sys, time\n"
        "given = sys.stdin.read()\n"
        "request = json.loads(given)\n"
        "password = request['users']['teacher']['password']\n"
        "open('input', 'w').write(given)\n"
        "open('argv', 'w').write(' '.join(sys.argv))\n"
        "open('environment', 'w').write(str(dict(os.environ)))\n";
    EXPECT_TRUE(write_file_atomically(request_.python, preface + script, 0755));
    return run_seed(request_, mode, clock_);
  }
  Findings told(const std::string& json, SeedMode mode = SeedMode::apply) {
    return answer("print('\\nLECTIO-SEED ' + '''" + json + "''')\n", mode);
  }
  std::string kept(const std::string& name) {
    return read_file(directory_ + "/" + name).value_or("");
  }
  static std::string all_text(const Findings& findings) {
    std::string text;
    for (const auto& [id, finding] : findings) {
      text += id + " " + finding.code;
      for (const auto& [name, value] : finding.facts) text += " " + name + "=" + to_text(value);
    }
    return text;
  }

  std::string directory_;
  SeedRequest request_;
  SystemClock clock_;
};

TEST_F(Seed, GivesPasswordsByStdinOnly) {
  told(R"({"teacher": {"state": "created"}})");
  EXPECT_EQ(as_text((*parse_json(kept("input")))["users"]["teacher"]["password"]), password);
  EXPECT_THAT(kept("argv"), AllOf(HasSubstr("-c"), Not(HasSubstr("secret"))));
  EXPECT_THAT(kept("environment"),
              AllOf(HasSubstr("PYTHONDONTWRITEBYTECODE"), Not(HasSubstr("secret"))));
}

TEST_F(Seed, GivesTheSitesOwnEnvironment) {
  request_.as.environment["DATABASE_URL"] = "postgres://site";
  told(R"({"teacher": {"state": "created"}})");
  EXPECT_THAT(kept("environment"), HasSubstr("'DATABASE_URL': 'postgres://site'"));
}

TEST_F(Seed, TellsWhatWasDone) {
  const Findings findings = told(
      R"({"teacher": {"state": "repaired", "changed": ["password", "role"]}, "data": {"state": "created", "created": ["group", "lesson"], "changed": []}})");
  ASSERT_THAT(findings, ElementsAre(Key("smoke_data"), Key("smoke_teacher")));
  EXPECT_EQ(findings.at("smoke_teacher").outcome, Outcome::good);
  EXPECT_EQ(findings.at("smoke_teacher").code, "user_repaired");
  EXPECT_EQ(to_text(*findings.at("smoke_teacher").facts.find("changed")), "password, role");
  EXPECT_EQ(findings.at("smoke_data").code, "data_created");
  EXPECT_EQ(to_text(*findings.at("smoke_data").facts.find("created")), "group, lesson");
}

TEST_F(Seed, ARehearsalTellsWhatWouldBeDone) {
  const auto code = [this](const std::string& state) {
    return told(R"({"teacher": {"state": ")" + state + "\"}}", SeedMode::rehearse)
        .at("smoke_teacher")
        .code;
  };
  EXPECT_EQ(code("created"), "user_to_create");
  EXPECT_EQ(code("repaired"), "user_to_repair");
  EXPECT_EQ(code("unchanged"), "user_unchanged");
  EXPECT_THAT(kept("input"), HasSubstr(R"("dry_run":true)"));
}

TEST_F(Seed, NamesTheModelAndFieldThatDiffer) {
  const Findings findings = told(
      R"({"teacher": {"state": "failed", "code": "field_missing", "model": "accounts.CustomUser", "field": "role"}})");
  const Finding& finding = findings.at("smoke_teacher");
  EXPECT_EQ(finding.outcome, Outcome::bad);
  EXPECT_EQ(finding.code, "field_missing");
  EXPECT_EQ(to_text(*finding.facts.find("model")), "accounts.CustomUser");
  EXPECT_EQ(to_text(*finding.facts.find("field")), "role");
}

TEST_F(Seed, NoisySettingsDoNotMatter) {
  EXPECT_EQ(answer("print('DEBUG: settings')\n"
                   "print('\\nLECTIO-SEED {\"teacher\": {\"state\": \"created\"}}')\n"
                   "print('bye', file=sys.stderr)\n")
                .at("smoke_teacher")
                .code,
            "user_created");
}

TEST_F(Seed, ADjangoThatDiesIsToldByItsLastLine) {
  const Findings findings = answer(
      "print('Traceback ...', file=sys.stderr)\n"
      "sys.exit(\"ModuleNotFoundError: No module named 'teaching_panel'\")\n");
  EXPECT_EQ(findings.at("smoke_teacher").code, "django_failed");
  EXPECT_EQ(to_text(*findings.at("smoke_teacher").facts.find("reason")),
            "ModuleNotFoundError: No module named 'teaching_panel'");
}

TEST_F(Seed, ThePasswordIsCutOutOfEveryComplaint) {
  for (const char* complaint :
       {"sys.exit('bad: ' + password)", "sys.exit('bad: ' + repr(password))",
        "sys.exit('bad: ' + json.dumps(password, ensure_ascii=False))",
        "sys.exit('bad: ' + str(request['users']))", "sys.exit('x' * 290 + password)",
        "print('\\nLECTIO-SEED ' + json.dumps({'teacher': {'state': 'failed', "
        "'code': 'django_failed', 'reason': 'bad: ' + repr(password)}}))",
        "print('\\nLECTIO-SEED ' + json.dumps({'all': {'state': 'failed', "
        "'code': 'django_failed', 'reason': 'bad: ' + password}}))",
        "print('\\nLECTIO-SEED ' + json.dumps({'teacher': {'state': password}}))",
        "print('\\nLECTIO-SEED ' + json.dumps({'teacher': {'state': 'failed', "
        "'code': 'field_missing', 'model': password}}))"}) {
    const std::string text = all_text(answer(complaint));
    EXPECT_THAT(text, AllOf(Not(HasSubstr("secret")), Not(HasSubstr("t0p")))) << complaint;
    EXPECT_THAT(text, HasSubstr("*")) << complaint;
  }
}

TEST_F(Seed, SecretsOfTheSitesEnvironmentAreCutOutToo) {
  request_.as.environment["DATABASE_URL"] = "postgres://u:hunter2@h/d";
  EXPECT_THAT(all_text(answer("sys.exit('cannot use ' + os.environ['DATABASE_URL'])")),
              AllOf(HasSubstr("cannot use ***"), Not(HasSubstr("hunter2"))));
}

TEST_F(Seed, AnEndlessComplaintIsNotToldByHalf) {
  EXPECT_THAT(all_text(answer("sys.stderr.write(password * 200000); sys.exit(1)")),
              Not(HasSubstr("secret")));
}

TEST_F(Seed, AMissingPythonIsNamed) {
  request_.python = directory_ + "/venv/bin/python";
  const Findings findings = run_seed(request_, SeedMode::apply, clock_);
  EXPECT_EQ(findings.at("smoke_teacher").code, "python_failed");
  EXPECT_THAT(all_text(findings), HasSubstr("venv/bin/python: No such file or directory"));
}

TEST_F(Seed, ADjangoThatHangsIsEnded) {
  request_.timeout = Milliseconds{500};
  EXPECT_EQ(answer("time.sleep(600)\n").at("smoke_teacher").code, "django_timeout");
}

TEST_F(Seed, AnAnswerThatIsNoneIsAFailureOfEveryAccount) {
  request_.users.push_back({.name = "student", .email = "s@lectio.test", .password = "other"});
  for (const char* nonsense : {"not json", "[]", "{}", R"({"teacher": 7, "student": {}})",
                               R"({"teacher": {"state": "?"}})"}) {
    const Findings findings = told(nonsense);
    EXPECT_EQ(findings.at("smoke_teacher").code, "seed_unreadable") << nonsense;
    EXPECT_EQ(findings.at("smoke_student").code, "seed_unreadable") << nonsense;
  }
  EXPECT_EQ(answer("").at("smoke_teacher").code, "django_failed");
}

}  // namespace
}  // namespace lectio
