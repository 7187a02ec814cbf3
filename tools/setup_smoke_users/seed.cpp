#include "setup_smoke_users/seed.hpp"

#include <fmt/format.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <array>

#include "check/redactor.hpp"
#include "io/json.hpp"
#include "io/process.hpp"

namespace lectio {

namespace embedded {
extern const std::string_view seed_py;
}  // namespace embedded

namespace {

constexpr std::string_view mark = "\nLECTIO-SEED ";

// The script comes by stdin too: the process list shows only this.
constexpr auto bootstrap =
    "import json, sys; request = json.loads(sys.stdin.buffer.read()); "
    "exec(compile(request.pop('script'), 'seed.py', 'exec'))";

std::string to_input(const SeedRequest& request, SeedMode mode) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer writer{buffer};
  const auto put = [&](const char* name, const std::string& value) {
    writer.Key(name);
    writer.String(value);
  };
  writer.StartObject();
  put("script", std::string{embedded::seed_py});
  writer.Key("users");
  writer.StartObject();
  for (const SmokeUser& user : request.users) {
    writer.Key(user.name.c_str());
    writer.StartObject();
    put("email", user.email);
    put("password", user.password);
    put("role", user.name);
    put("first_name", "Smoke");
    put("last_name", user.name == "teacher" ? "Teacher" : "Student");
    writer.EndObject();
  }
  writer.EndObject();
  writer.Key("with_data");
  writer.Bool(request.with_data);
  put("drive_file", request.drive_file);
  writer.Key("dry_run");
  writer.Bool(mode == SeedMode::rehearse);
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

ProcessRequest to_process(const SeedRequest& request, SeedMode mode) {
  std::map<std::string, std::string> environment = request.as.environment;
  environment.try_emplace("PATH", "/usr/local/bin:/usr/bin:/bin");
  environment.try_emplace("LANG", "C.UTF-8");
  environment.insert_or_assign("PYTHONDONTWRITEBYTECODE", std::string{"1"});
  environment.insert_or_assign("PYTHONUTF8", std::string{"1"});
  ProcessRequest process{.argv = {request.python, "-c", bootstrap},
                         .directory = request.directory,
                         .user = request.as.user,
                         .input = to_input(request, mode),
                         .timeout = request.timeout};
  for (const auto& [name, value] : environment) {
    process.environment.push_back(fmt::format("{}={}", name, value));
  }
  return process;
}

bool is_secret(std::string_view name) {
  constexpr std::array<std::string_view, 7> telling{"PASS", "SECRET", "TOKEN",     "KEY",
                                                    "_URL", "DSN",    "CREDENTIAL"};
  return std::ranges::any_of(
      telling, [&](std::string_view part) { return name.find(part) != std::string_view::npos; });
}

// Passwords, and what the site's own environment calls a secret.
std::vector<std::string> secrets_of(const SeedRequest& request) {
  std::vector<std::string> secrets;
  for (const SmokeUser& user : request.users) secrets.push_back(user.password);
  for (const auto& [name, value] : request.as.environment) {
    if (is_secret(name) && value.size() >= 4) secrets.push_back(value);
  }
  return secrets;
}

std::string without_backslashes(std::string_view text) {
  std::string bare{text};
  std::erase(bare, '\\');
  return bare;
}

// Words of the site's own code, fit to be shown. It may have quoted a secret in JSON, in a
// repr or in a repr of that: what still holds one, backslashes aside, is not shown at all.
class Censor {
 public:
  explicit Censor(const std::vector<std::string>& secrets) {
    for (const std::string& secret : secrets) {
      redactor_.add_secret(secret);
      bare_.push_back(without_backslashes(secret));
    }
  }

  std::string pass(std::string_view text) const {
    const std::string clean = redactor_.clean(text, 10'000);
    const std::string bare = without_backslashes(clean);
    const bool quoted = std::ranges::any_of(bare_, [&](const std::string& secret) {
      return !secret.empty() && bare.find(secret) != std::string::npos;
    });
    return quoted ? "***" : redactor_.clean(clean, 300);
  }

 private:
  Redactor redactor_;
  std::vector<std::string> bare_;
};

// Of a program's complaint. When its beginning was lost (`cut`), what may be half a line,
// with half a secret, is not told at all.
std::string_view last_line(std::string_view text, bool cut) {
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  const std::size_t start = text.rfind('\n');
  if (start == std::string_view::npos) return cut ? std::string_view{} : text;
  return text.substr(start + 1);
}

std::string list_of(const JsonValue& object, const char* name) {
  std::string list;
  const auto found = object.FindMember(name);
  if (found == object.MemberEnd() || !found->value.IsArray()) return list;
  for (const JsonValue& item : found->value.GetArray()) {
    if (!list.empty()) list += ", ";
    if (item.IsString()) list += as_text(item);
  }
  return list;
}

// "user_created", "data_to_repair", ...; what a rehearsal found is still to be done.
std::string code_of(const std::string& subject, const std::string& state, SeedMode mode) {
  if (state == "unchanged") return subject + "_unchanged";
  if (mode == SeedMode::apply) return fmt::format("{}_{}", subject, state);
  return fmt::format("{}_to_{}", subject, state == "created" ? "create" : "repair");
}

class AnswerReader {
 public:
  AnswerReader(const SeedRequest& request, SeedMode mode)
      : mode_(mode), censor_(secrets_of(request)), as_(request.as.user) {}

  Finding failed(std::string code, std::string_view reason, bool cut = false) const {
    Facts facts;
    facts.set("reason", censor_.pass(last_line(reason, cut)));
    if (!as_.empty()) facts.set("as", as_);
    return {Outcome::bad, std::move(code), std::move(facts)};
  }

  Finding read(const std::string& subject, const JsonValue& told) const {
    if (!told.IsObject()) return failed("seed_unreadable", "");
    const std::string state = text_member(told, "state");
    if (state == "failed") return read_failure(told);
    if (state != "created" && state != "repaired" && state != "unchanged") {
      return failed("seed_unreadable", state);
    }
    Finding finding{Outcome::good, code_of(subject, state, mode_), {}};
    for (const char* name : {"created", "changed"}) {
      if (std::string list = list_of(told, name); !list.empty()) finding.facts.set(name, list);
    }
    return finding;
  }

 private:
  Finding read_failure(const JsonValue& told) const {
    Finding finding = failed(text_member(told, "code"), text_member(told, "reason"));
    for (const char* name : {"model", "field", "choice"}) {
      if (std::string value = text_member(told, name); !value.empty())
        finding.facts.set(name, censor_.pass(value));
    }
    return finding;
  }

  SeedMode mode_;
  Censor censor_;
  std::string as_;
};

Finding judge_process(const AnswerReader& reader, const ProcessResult& result) {
  if (result.timed_out) return reader.failed("django_timeout", "");
  if (result.signal != 0)
    return reader.failed("django_failed", fmt::format("signal {}", result.signal));
  return reader.failed("django_failed", result.errors, result.errors_cut);
}

// The same finding for everything that was asked for.
Findings all(const SeedRequest& request, const Finding& finding) {
  Findings findings;
  for (const SmokeUser& user : request.users) findings["smoke_" + user.name] = finding;
  return findings;
}

}  // namespace

Findings run_seed(const SeedRequest& request, SeedMode mode, Clock& clock) {
  const AnswerReader reader{request, mode};
  const auto result = run_process(to_process(request, mode), clock);
  if (!result) return all(request, reader.failed("python_failed", result.error().message));
  const std::size_t found = result->output.rfind(mark);
  if (found == std::string::npos || !result->ok()) {
    return all(request, judge_process(reader, *result));
  }
  const std::size_t start = found + mark.size();
  const auto answer = parse_json(
      std::string_view{result->output}.substr(start, result->output.find('\n', start) - start));
  if (!answer || !answer->IsObject()) return all(request, reader.failed("seed_unreadable", ""));
  if (const auto error = answer->FindMember("all"); error != answer->MemberEnd()) {
    return all(request, reader.read("user", error->value));
  }
  Findings findings;
  for (const auto& [name, told] : answer->GetObject()) {
    const std::string part{as_text(name)};
    findings["smoke_" + part] = reader.read(part == "data" ? "data" : "user", told);
  }
  for (const SmokeUser& user : request.users) {
    findings.try_emplace("smoke_" + user.name, reader.failed("seed_unreadable", ""));
  }
  return findings;
}

}  // namespace lectio
