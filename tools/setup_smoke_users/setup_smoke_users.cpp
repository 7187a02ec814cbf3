#include "setup_smoke_users/setup_smoke_users.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>

#include "io/random.hpp"
#include "setup_smoke_users/login.hpp"
#include "setup_smoke_users/seed.hpp"
#include "site/config_edit.hpp"
#include "site/site_process.hpp"

namespace lectio {
namespace {

struct Flags {
  bool rotate = false;
  bool with_data = false;
  bool verify = false;
  std::string drive_file;
};

// Letters and digits that need no quoting anywhere and are not taken for another when read
// aloud: 186 bits.
constexpr std::string_view password_alphabet =
    "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
constexpr std::size_t password_size = 32;

std::string config_key(std::string_view user, std::string_view part) {
  std::string key = fmt::format("SMOKE_{}_{}", user, part);
  std::ranges::transform(key, key.begin(), [](unsigned char c) { return std::toupper(c); });
  return key;
}

std::vector<CheckInfo> known_checks(const Flags& flags) {
  std::vector<CheckInfo> checks{{.id = "smoke_teacher", .severity = Severity::critical},
                                {.id = "smoke_student", .severity = Severity::critical}};
  if (flags.with_data) {
    checks.push_back({.id = "smoke_data",
                      .severity = Severity::high,
                      .needs = {"smoke_teacher", "smoke_student"}});
  }
  if (flags.verify) {
    for (const std::string user : {"teacher", "student"}) {
      checks.push_back({.id = "smoke_login_" + user,
                        .severity = Severity::critical,
                        .needs = {"smoke_" + user}});
    }
  }
  return checks;
}

// One run. The configuration is the truth and the accounts follow it. A new password is
// tried on the database in a transaction that is rolled back, then written to the
// configuration, then given to the account: whatever breaks before the writing has changed
// nothing, and a crash after it leaves what the next run repairs from the configuration.
// The other way round a crash would leave an account with a password that nobody knows.
class Setup {
 public:
  Setup(const Flags& flags, Run& run) : flags_(flags), run_(run) {}

  Result<std::vector<Verdict>> run() {
    if (auto read = read_users(); !read) return std::unexpected(read.error());
    if (auto seeded = seed(); !seeded) return std::unexpected(seeded.error());
    std::vector<Check> table;
    for (const CheckInfo& info : known_checks(flags_)) {
      table.push_back({info, [this, id = info.id](const Findings&) { return probe(id); }});
    }
    return run_checks(table, run_.selected, run_.clock, run_.deadline);
  }

 private:
  Result<void> read_users() {
    for (const std::string name : {"teacher", "student"}) {
      if (!run_.selected.contains("smoke_" + name)) continue;
      SmokeUser user{.name = name,
                     .email = run_.config.text(config_key(name, "EMAIL")),
                     .password = run_.config.text(config_key(name, "PASSWORD"))};
      if (user.email.empty()) {
        return fail(ErrorKind::config,
                    fmt::format("{0} is not set: add {0}=\"smoke_{1}@{2}\" to {3}",
                                config_key(name, "EMAIL"), name, run_.config.text("PUBLIC_HOST"),
                                run_.config.path()));
      }
      if (user.password.empty() || flags_.rotate) {
        auto password = random_text(password_size, password_alphabet);
        if (!password) return std::unexpected(password.error());
        user.password = std::move(*password);
        user.generated = true;
      }
      users_.push_back(std::move(user));
    }
    if (users_.size() == 2 && users_[0].email == users_[1].email) {
      return fail(ErrorKind::config,
                  "SMOKE_TEACHER_EMAIL and SMOKE_STUDENT_EMAIL are the same: one account cannot "
                  "have two roles");
    }
    return {};
  }

  Result<void> seed() {
    if (users_.empty()) return {};
    SeedRequest request = seed_request();
    const bool new_passwords = std::ranges::any_of(users_, &SmokeUser::generated);
    if (run_.dry_run == DryRun::on || new_passwords) {
      found_ = run_seed(request, SeedMode::rehearse, run_.clock);
      std::erase_if(request.users, [&](const SmokeUser& user) { return !is_good(user); });
      request.with_data = request.with_data && request.users.size() == users_.size();
      if (request.users.empty()) return {};
      auto written = write_passwords(request.users);
      if (!written || run_.dry_run == DryRun::on) return written;
    }
    Findings done = run_seed(request, SeedMode::apply, run_.clock);
    done.merge(found_);  // what failed in the rehearsal stays told
    found_ = std::move(done);
    return {};
  }

  SeedRequest seed_request() {
    SiteProcess as = site_process(run_.config, run_.systemd);
    const std::string settings = run_.config.text("DJANGO_SETTINGS_MODULE");
    std::string& current = as.environment["DJANGO_SETTINGS_MODULE"];
    if (current != settings) {
      run_.notes.push_back(fmt::format(
          "{} runs with DJANGO_SETTINGS_MODULE={}, the configuration says {}: the latter is used",
          run_.config.text("BACKEND_SERVICE"), current, settings));
    }
    current = settings;
    return {.python = run_.config.text("VENV_DIR") + "/bin/python",
            .directory = run_.config.text("DJANGO_DIR"),
            .as = std::move(as),
            .users = users_,
            .with_data = run_.selected.contains("smoke_data"),
            .drive_file = flags_.drive_file,
            .timeout = std::min(Milliseconds{50000}, run_.deadline.left())};
  }

  bool is_good(const SmokeUser& user) const {
    const auto found = found_.find("smoke_" + user.name);
    return found != found_.end() && found->second.outcome == Outcome::good;
  }

  // A dry run only notes which ones would be.
  Result<void> write_passwords(const std::vector<SmokeUser>& users) {
    std::map<std::string, std::string> assignments;
    for (const SmokeUser& user : users) {
      if (!user.generated) continue;
      assignments[config_key(user.name, "PASSWORD")] = user.password;
      written_.insert("smoke_" + user.name);
    }
    if (assignments.empty() || run_.dry_run == DryRun::on) return {};
    return write_assignments(run_.config.path(), assignments);
  }

  Finding probe(const std::string& id) {
    for (const SmokeUser& user : users_) {
      if (id == "smoke_login_" + user.name) return log_in(user);
      if (id == "smoke_" + user.name) found_[id].facts.set("email", user.email);
    }
    Finding finding = found_[id];
    if (written_.contains(id)) finding.facts.set("password_file", run_.config.path());
    return finding;
  }

  Finding log_in(const SmokeUser& user) {
    if (run_.dry_run == DryRun::on) return {Outcome::skipped, "login_dry_run", {}};
    return probe_login(run_.config, user, run_.http, run_.clock, run_.deadline);
  }

  const Flags& flags_;
  Run& run_;
  std::vector<SmokeUser> users_;
  Findings found_;
  Selection written_;  // checks whose account has a new password in the configuration
};

void declare(CLI::App& app, Flags& flags) {
  app.add_flag("--rotate", flags.rotate, "Give the accounts new passwords, written to the config");
  app.add_flag("--with-data", flags.with_data,
               "Also a group with the student, a lesson, a homework and a recording");
  app.add_option("--drive-file", flags.drive_file,
                 "Google Drive id of a small video for that recording")
      ->type_name("ID");
  app.add_flag("--verify", flags.verify, "Log in over HTTP afterwards");
}

}  // namespace

Tool setup_smoke_users_tool() {
  const auto flags = std::make_shared<Flags>();
  Tool tool;
  tool.name = "setup_smoke_users";
  tool.description = {"Создаёт и чинит учётные записи, под которыми сайт проверяют",
                      "Creates and repairs the accounts that the checks log in with"};
  tool.examples =
      "  setup_smoke_users --with-data --verify   everything the checks need, proven by a login\n"
      "  setup_smoke_users --rotate --verify      new passwords\n"
      "  setup_smoke_users --dry-run              what would change\n";
  tool.deadline = std::chrono::seconds{120};
  tool.add_flags = [flags](CLI::App& app) { declare(app, *flags); };
  tool.checks = [flags](const Config&) -> Result<std::vector<CheckInfo>> {
    return known_checks(*flags);
  };
  tool.run = [flags](Run& run) { return Setup{*flags, run}.run(); };
  return tool;
}

}  // namespace lectio
