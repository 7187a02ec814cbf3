#include "setup_smoke_users/setup_smoke_users.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "io/file.hpp"
#include "io/json.hpp"
#include "io/scripted_http.hpp"
#include "io/system_clock.hpp"

namespace lectio {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::Not;
using testing::SizeIs;

constexpr auto token_url = "http://127.0.0.1:8000/api/jwt/token/";

class NoBackend final : public Systemd {
 public:
  Result<UnitState> unit(const std::string& /*name*/) override { return UnitState{}; }
};

class SetupSmokeUsers : public testing::Test {
 protected:
  SetupSmokeUsers() {
    std::string path = testing::TempDir() + "setup_smoke_users.XXXXXX";
    directory_ = ::mkdtemp(path.data());
    std::filesystem::create_directories(directory_ + "/venv/bin");
    config_path_ = directory_ + "/config.env";
    django("for name in request['users']: answer[name] = {'state': 'created'}");
    write_config(
        "SMOKE_TEACHER_PASSWORD=\"teachers-own\"\nSMOKE_STUDENT_PASSWORD=\"students-own\"\n");
  }
  ~SetupSmokeUsers() override { std::filesystem::remove_all(directory_); }

  void write_config(const std::string& more) {
    ASSERT_TRUE(write_file_atomically(
        config_path_,
        fmt::format("SITE_URL=https://lectio.test\nVENV_DIR={0}/venv\nDJANGO_DIR={0}\n"
                    "WEB_USER=root\nSMOKE_TEACHER_EMAIL=t@lectio.test\n"
                    "SMOKE_STUDENT_EMAIL=s@lectio.test\n{1}",
                    directory_, more),
        0600));
  }
  // The site's Python: notes every request with the configuration as it was then, and
  // answers what `script` puts into `answer`.
  void django(const std::string& script) {
    const std::string python = fmt::format(
        "#!/usr/bin/python3 -I\n"
        "import json, sys\n"
        "request = json.load(sys.stdin)\n"
        "request.pop('script')\n"
        "request['config'] = open('config.env').read()\n"
        "print(json.dumps(request), file=open('requests', 'a'))\n"
        "answer = {{}}\n"
        "{}\n"
        "if request['with_data']: answer['data'] = {{'state': 'created', 'created': ['group']}}\n"
        "print('\\nLECTIO-SEED ' + json.dumps(answer))\n",
        script);
    ASSERT_TRUE(write_file_atomically(directory_ + "/venv/bin/python", python, 0755));
  }
  std::vector<JsonDocument> requests() {
    std::vector<JsonDocument> requests;
    std::string text = read_file(directory_ + "/requests").value_or("");
    for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n')) {
      requests.push_back(std::move(*parse_json(text.substr(0, end))));
      text.erase(0, end + 1);
    }
    return requests;
  }
  static std::string password_in(const JsonDocument& request, const char* user) {
    return std::string{as_text(request["users"][user]["password"])};
  }

  void run(const std::string& arguments = "", const std::vector<std::string>& only = {}) {
    const Tool tool = setup_smoke_users_tool();
    CLI::App app;
    tool.add_flags(app);
    app.parse(arguments);
    config_ = *Config::load(config_path_, [](const std::string&) { return std::nullopt; });
    const auto selected = select(*tool.checks(*config_), only, {});
    ASSERT_TRUE(selected) << selected.error().message;
    lectio::Run run{*config_, *selected, dry_run_,
                    Lang::en, clock_,    Deadline{clock_, tool.deadline},
                    http_,    systemd_,  notes_};
    auto verdicts = tool.run(run);
    error_ = verdicts ? "" : verdicts.error().message;
    verdicts_ = verdicts.value_or(std::vector<Verdict>{});
  }
  std::string configured(const char* key) {
    return Config::load(config_path_, [](const std::string&) { return std::nullopt; })->text(key);
  }
  const Verdict& verdict(std::string_view id) const {
    for (const Verdict& verdict : verdicts_) {
      if (verdict.id == id) return verdict;
    }
    throw std::out_of_range{std::string{id}};
  }
  std::vector<std::string> codes() const {
    std::vector<std::string> codes;
    for (const Verdict& verdict : verdicts_) codes.push_back(verdict.code);
    return codes;
  }

  std::string directory_;
  std::string config_path_;
  std::optional<Config> config_;
  SystemClock clock_;
  ScriptedHttp http_;
  NoBackend systemd_;
  DryRun dry_run_ = DryRun::off;
  std::vector<std::string> notes_;
  std::vector<Verdict> verdicts_;
  std::string error_;
};

TEST_F(SetupSmokeUsers, GivesTheAccountsThePasswordsOfTheConfiguration) {
  const std::string before = read_file(config_path_).value_or("");
  run();
  EXPECT_THAT(codes(), ElementsAre("user_created", "user_created"));
  ASSERT_THAT(requests(), SizeIs(1));
  EXPECT_EQ(password_in(requests()[0], "teacher"), "teachers-own");
  EXPECT_EQ(password_in(requests()[0], "student"), "students-own");
  EXPECT_EQ(read_file(config_path_).value_or(""), before);
}

TEST_F(SetupSmokeUsers, GeneratesAMissingPasswordAndWritesIt) {
  write_config("SMOKE_TEACHER_PASSWORD=\"teachers-own\"\n");
  run();
  EXPECT_EQ(configured("SMOKE_TEACHER_PASSWORD"), "teachers-own");
  EXPECT_THAT(configured("SMOKE_STUDENT_PASSWORD"), MatchesRegex("[A-Za-z2-9]{32}"));
  EXPECT_EQ(password_in(requests().back(), "student"), configured("SMOKE_STUDENT_PASSWORD"));
  EXPECT_EQ(to_text(*verdict("smoke_student").facts.find("password_file")), config_path_);
  EXPECT_EQ(verdict("smoke_teacher").facts.find("password_file"), nullptr);
}

TEST_F(SetupSmokeUsers, APlaceholderIsNoPassword) {
  write_config("SMOKE_TEACHER_PASSWORD=\"YOUR_PASSWORD_HERE\"\nSMOKE_STUDENT_PASSWORD=x\n");
  run();
  EXPECT_THAT(configured("SMOKE_TEACHER_PASSWORD"), MatchesRegex("[A-Za-z2-9]{32}"));
}

TEST_F(SetupSmokeUsers, RotatesBothPasswords) {
  run("--rotate");
  EXPECT_THAT(configured("SMOKE_TEACHER_PASSWORD"), MatchesRegex("[A-Za-z2-9]{32}"));
  EXPECT_NE(configured("SMOKE_TEACHER_PASSWORD"), configured("SMOKE_STUDENT_PASSWORD"));
}

TEST_F(SetupSmokeUsers, ANewPasswordIsRehearsedThenWrittenThenGiven) {
  run("--rotate");
  const auto asked = requests();
  ASSERT_THAT(asked, SizeIs(2));
  const std::string password = password_in(asked[0], "teacher");
  EXPECT_TRUE(asked[0]["dry_run"].GetBool());
  EXPECT_THAT(std::string{as_text(asked[0]["config"])}, Not(HasSubstr(password)));
  EXPECT_FALSE(asked[1]["dry_run"].GetBool());
  EXPECT_EQ(password_in(asked[1], "teacher"), password);
  EXPECT_THAT(std::string{as_text(asked[1]["config"])}, HasSubstr(password));
}

TEST_F(SetupSmokeUsers, ABrokenDjangoLeavesThePasswordsAsTheyAre) {
  const std::string before = read_file(config_path_).value_or("");
  django("sys.exit('ImportError: no django')");
  run("--rotate");
  EXPECT_THAT(codes(), ElementsAre("django_failed", "django_failed"));
  EXPECT_EQ(overall(verdicts_), Status::critical);
  EXPECT_EQ(read_file(config_path_).value_or(""), before);
}

TEST_F(SetupSmokeUsers, ADeathAfterTheWritingIsRepairedByTheNextRun) {
  django(
      "if not request['dry_run']: sys.exit('killed')\n"
      "for name in request['users']: answer[name] = {'state': 'repaired'}");
  run("--rotate");
  EXPECT_THAT(codes(), ElementsAre("django_failed", "django_failed"));
  const std::string password = configured("SMOKE_TEACHER_PASSWORD");
  EXPECT_NE(password, "teachers-own");
  django("for name in request['users']: answer[name] = {'state': 'repaired'}");
  run();
  EXPECT_EQ(password_in(requests().back(), "teacher"), password);
}

TEST_F(SetupSmokeUsers, AnAccountThatIsRefusedKeepsItsPassword) {
  django(
      "for name in request['users']: answer[name] = {'state': 'repaired'}\n"
      "if 'teacher' in answer:\n"
      "  answer['teacher'] = {'state': 'failed', 'code': 'user_is_privileged'}");
  run("--rotate --with-data");
  EXPECT_THAT(codes(), ElementsAre("user_is_privileged", "user_repaired", "needs"));
  EXPECT_EQ(configured("SMOKE_TEACHER_PASSWORD"), "teachers-own");
  EXPECT_NE(configured("SMOKE_STUDENT_PASSWORD"), "students-own");
  EXPECT_FALSE(requests().back()["users"].HasMember("teacher"));
}

TEST_F(SetupSmokeUsers, ADryRunWritesNothing) {
  write_config("");
  const std::string before = read_file(config_path_).value_or("");
  dry_run_ = DryRun::on;
  run("--rotate --verify --with-data");
  EXPECT_THAT(codes(), ElementsAre("user_to_create", "user_to_create", "data_to_create",
                                   "login_dry_run", "login_dry_run"));
  EXPECT_EQ(to_text(*verdict("smoke_teacher").facts.find("password_file")), config_path_);
  EXPECT_EQ(read_file(config_path_).value_or(""), before);
  EXPECT_THAT(http_.asked, IsEmpty());
  ASSERT_THAT(requests(), SizeIs(1));
  EXPECT_TRUE(requests()[0]["dry_run"].GetBool());
}

TEST_F(SetupSmokeUsers, VerifiesByALoginWithThePasswordJustGiven) {
  http_.answer(token_url, 401, R"({"detail":"no"})");
  run("--rotate --verify");
  EXPECT_THAT(codes(),
              ElementsAre("user_created", "user_created", "login_refused", "login_refused"));
  ASSERT_THAT(http_.asked, SizeIs(2));
  EXPECT_THAT(http_.asked[0].body, HasSubstr(configured("SMOKE_TEACHER_PASSWORD")));
  EXPECT_EQ(overall(verdicts_), Status::critical);
}

TEST_F(SetupSmokeUsers, OneAccountAlone) {
  run("", {"smoke_student"});
  ASSERT_THAT(requests(), SizeIs(1));
  EXPECT_FALSE(requests()[0]["users"].HasMember("teacher"));
  EXPECT_THAT(verdicts_, SizeIs(1));
}

TEST_F(SetupSmokeUsers, AMissingAddressIsAskedFor) {
  write_config("SMOKE_STUDENT_EMAIL=\"\"\n");
  run();
  EXPECT_EQ(error_, fmt::format("SMOKE_STUDENT_EMAIL is not set: add SMOKE_STUDENT_EMAIL="
                                "\"smoke_student@lectio.test\" to {}",
                                config_path_));
  EXPECT_THAT(requests(), IsEmpty());
}

TEST_F(SetupSmokeUsers, OneAddressCannotBeBoth) {
  write_config("SMOKE_STUDENT_EMAIL=t@lectio.test\n");
  run();
  EXPECT_THAT(error_, HasSubstr("are the same"));
}

TEST_F(SetupSmokeUsers, NoVerdictAndNoNoteHoldsAPassword) {
  django(
      "for name in request['users']:\n"
      "  user = request['users'][name]\n"
      "  answer[name] = {'state': 'repaired', 'changed': ['password']}\n"
      "print(user['password'])\n"
      "print(user['password'], file=sys.stderr)");
  http_.answer(token_url, 401, R"({"detail":"no"})");
  run("--rotate --verify --with-data");
  for (const char* key : {"SMOKE_TEACHER_PASSWORD", "SMOKE_STUDENT_PASSWORD"}) {
    const std::string password = configured(key);
    for (const Verdict& verdict : verdicts_) {
      for (const auto& [name, value] : verdict.facts) {
        EXPECT_THAT(to_text(value), Not(HasSubstr(password))) << verdict.id << " " << name;
      }
    }
    for (const std::string& note : notes_) EXPECT_THAT(note, Not(HasSubstr(password)));
  }
}

}  // namespace
}  // namespace lectio
