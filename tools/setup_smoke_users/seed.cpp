#include "setup_smoke_users/seed.hpp"

#include <fmt/format.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <array>

#include "io/json.hpp"
#include "io/process.hpp"

namespace lectio {

namespace embedded {
extern const std::string_view seed_py;
}  // namespace embedded

namespace {

constexpr std::string_view mark = "\nLECTIO-SEED ";

std::string to_input(const SeedRequest& request, SeedMode mode) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer writer{buffer};
  const auto put = [&](const char* name, const std::string& value) {
    writer.Key(name);
    writer.String(value);
  };
  writer.StartObject();
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
  ProcessRequest process = as_site_python(request.as, request.python, request.directory,
                                          embedded::seed_py, to_input(request, mode));
  process.timeout = request.timeout;
  return process;
}

std::vector<std::string> passwords_of(const SeedRequest& request) {
  std::vector<std::string> passwords;
  for (const SmokeUser& user : request.users) passwords.push_back(user.password);
  return passwords;
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
      : mode_(mode), censor_(request.as, passwords_of(request)), as_(request.as.user) {}

  Finding failed(std::string code, std::string_view reason, bool cut = false) const {
    Facts facts;
    facts.set("reason", censor_.pass_last_line(reason, cut));
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
  SiteCensor censor_;
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
