#include <fmt/format.h>
#include <rapidjson/pointer.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <array>
#include <set>

#include "check/object_reader.hpp"
#include "check/scenario.hpp"
#include "check/template.hpp"

namespace lectio {
namespace {

constexpr std::array<std::string_view, 7> methods{"GET",   "HEAD",   "POST",   "PUT",
                                                  "PATCH", "DELETE", "OPTIONS"};
constexpr std::array<std::string_view, 7> types{"object",  "array",   "string", "number",
                                                "integer", "boolean", "null"};
constexpr std::array<std::string_view, 4> severity_names{"critical", "high", "medium", "low"};
constexpr double longest_timeout = 3600;
constexpr double largest_body = 1e9;

template <class Choices>
void require_choice(ObjectReader& object, std::string_view key, std::string_view value,
                    const Choices& choices) {
  if (std::ranges::find(choices, value) != choices.end()) return;
  object.report(key, fmt::format("\"{}\" is not one of {}", value, fmt::join(choices, ", ")));
}

std::string json_text(const JsonValue& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer{buffer};
  value.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

bool has_control_characters(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

std::string checked_template(ObjectReader& object, std::string_view key, std::string text) {
  if (const std::string wrong = template_error(text); !wrong.empty()) object.report(key, wrong);
  return text;
}

std::string pointer(ObjectReader& object, std::string_view key) {
  std::string text = object.text(key);
  if (!object.has(key)) object.report(key, "is missing");
  if (!rapidjson::Pointer{text}.IsValid()) {
    object.report(key, fmt::format("\"{}\" is no JSON Pointer such as /results/0/id", text));
  }
  return text;
}

Severity severity(ObjectReader& object) {
  const std::string text = object.required_text("severity");
  require_choice(object, "severity", text, severity_names);
  return parse_severity(text).value_or(Severity::critical);
}

std::optional<Milliseconds> seconds_of(ObjectReader& object, std::string_view key) {
  const auto value = object.positive(key, longest_timeout);
  if (!value) return std::nullopt;
  return Milliseconds{static_cast<std::int64_t>(*value * 1000)};
}

void read_target(ObjectReader& object, StepRequest& request) {
  if (object.has("path") == object.has("url")) {
    return object.report("path", "a request has either a path (with a base) or a url");
  }
  if (object.has("url")) {
    request.base = "url";
    request.target = checked_template(object, "url", object.required_text("url"));
    const std::string_view url = request.target;
    if (!url.starts_with("http://") && !url.starts_with("https://") && !url.starts_with("${")) {
      object.report("url", "does not begin with http:// or https://");
    }
    return;
  }
  request.base = object.required_text("base");
  request.target = checked_template(object, "path", object.required_text("path"));
  if (!request.target.starts_with('/') && !request.target.starts_with("${")) {
    object.report("path", "does not begin with /");
  }
}

void read_body(ObjectReader& object, StepRequest& request) {
  if (const JsonValue* json = object.any("json")) {
    request.body = checked_template(object, "json", json_text(*json));
    request.body_escape = Escape::json;
    request.headers.emplace_back("Content-Type", "application/json");
  }
  if (object.has("form")) {
    request.body = checked_template(object, "form", object.text("form"));
    request.body_escape = Escape::form;
    request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  }
  if (object.has("json") + object.has("form") + object.has("body") > 1) {
    object.report("body", "a request has a json, a form or a body, one of them");
  }
  if (object.has("body")) request.body = checked_template(object, "body", object.text("body"));
  if (!request.body.empty() && (request.method == "GET" || request.method == "HEAD")) {
    object.report("method", fmt::format("{} sends no body", request.method));
  }
}

void read_headers(ObjectReader& object, StepRequest& request, Trouble& trouble) {
  object.each_member(
      "headers", [&](const std::string& name, const JsonValue& value, const Place& place) {
        const bool named = !name.empty() && std::ranges::all_of(name, [](char c) {
          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 c == '-' || c == '_';
        });
        if (!named || !value.IsString() || has_control_characters(as_text(value))) {
          return trouble.report(place, "is not a header's name and text");
        }
        request.headers.emplace_back(name, as_text(value));
        if (const std::string wrong = template_error(as_text(value)); !wrong.empty()) {
          trouble.report(place, wrong);
        }
      });
  if (const std::string range = object.text("range"); !range.empty()) {
    if (range.find_first_not_of("0123456789-") != std::string::npos) {
      object.report("range", "is not bytes such as 0-1023");
    }
    request.headers.emplace_back("Range", "bytes=" + range);
  }
}

StepRequest read_request(const JsonValue& value, const Place& place, Trouble& trouble) {
  ObjectReader object{value, place, trouble};
  StepRequest request;
  request.method = object.text("method", "GET");
  require_choice(object, "method", request.method, methods);
  read_target(object, request);
  read_body(object, request);
  read_headers(object, request, trouble);
  request.timeout = seconds_of(object, "timeout");
  request.follow_redirects = object.flag("follow_redirects");
  request.basic = checked_template(object, "basic", object.text("basic"));
  for (const auto* key : {"path", "url", "base"}) object.any(key);
  object.finish();
  return request;
}

// "NAME" or ["NAME", "ANOTHER"].
std::vector<std::string> names_of(ObjectReader& object, std::string_view key) {
  const JsonValue* value = object.any(key);
  if (value == nullptr || !value->IsArray()) return {object.required_text(key)};
  std::vector<std::string> names = object.texts(key);
  if (names.empty()) object.report(key, "is empty");
  return names;
}

std::optional<StepCondition> read_when(ObjectReader& step, Trouble& trouble) {
  const JsonValue* value = step.any("when");
  if (value == nullptr) return std::nullopt;
  ObjectReader object{*value, step.place_of("when"), trouble};
  StepCondition condition;
  if (object.has("is_set")) {
    condition.variables = names_of(object, "is_set");
  } else if (object.has("not_set")) {
    condition.kind = StepCondition::Kind::not_set;
    condition.variables = {object.required_text("not_set")};
  } else {
    condition.kind = StepCondition::Kind::equals;
    const std::vector<std::string> pair = object.texts("equals");
    if (pair.size() == 2) {
      condition.variables = {pair[0]};
      condition.value = pair[1];
    } else {
      object.report("equals", "is not [\"NAME\", \"value\"] (or give is_set, or not_set)");
    }
  }
  condition.otherwise = object.text("otherwise", condition.otherwise);
  object.finish();
  return condition;
}

JsonExpectation read_json_expectation(const JsonValue& value, const Place& place,
                                      Trouble& trouble) {
  ObjectReader object{value, place, trouble};
  JsonExpectation wanted;
  wanted.pointer = pointer(object, "pointer");
  wanted.type = object.text("type");
  if (object.has("type")) require_choice(object, "type", wanted.type, types);
  if (const JsonValue* equals = object.any("equals")) {
    wanted.equals = checked_template(object, "equals", json_text(*equals));
  }
  wanted.ignore_case = object.flag("ignore_case");
  wanted.exists = object.flag("exists", true);
  if (const JsonValue* jwt = object.any("jwt")) {
    ObjectReader token{*jwt, object.place_of("jwt"), trouble};
    wanted.jwt_role = token.text("role");
    token.finish();
  }
  wanted.code = object.text("code", wanted.jwt_role ? "bad_token" : "wrong_shape");
  wanted.statuses = object.statuses("status");
  object.finish();
  return wanted;
}

Share read_share(const JsonValue& value, const Place& place, Trouble& trouble) {
  ObjectReader object{value, place, trouble};
  Share share;
  share.of = pointer(object, "of");
  share.to = pointer(object, "to");
  share.warning = object.positive("warning", 100).value_or(share.warning);
  share.critical = object.positive("critical", 100).value_or(share.critical);
  share.code = object.required_text("code");
  object.finish();
  return share;
}

StepExpectation read_expectation(const JsonValue& value, const Place& place, Trouble& trouble) {
  ObjectReader object{value, place, trouble};
  StepExpectation expect;
  if (object.has("status")) {
    expect.statuses = object.statuses("status");
    if (expect.statuses.empty()) object.report("status", "names no status");
  }
  expect.content_type = object.text("content_type");
  expect.contains = object.texts("contains");
  for (const std::string& text : expect.contains) checked_template(object, "contains", text);
  if (const auto bytes = object.positive("first_bytes", largest_body)) {
    expect.first_bytes = static_cast<std::size_t>(*bytes);
  }
  if (const JsonValue* share = object.any("share")) {
    expect.share = read_share(*share, object.place_of("share"), trouble);
  }
  object.each_item("json", [&](const JsonValue& item, const Place& item_place) {
    expect.json.push_back(read_json_expectation(item, item_place, trouble));
  });
  if (const auto bytes = object.positive("max_body", largest_body)) {
    expect.max_body = static_cast<std::size_t>(*bytes);
  }
  expect.latency = seconds_of(object, "latency");
  expect.assets = object.flag("assets");
  object.finish();
  return expect;
}

std::vector<Capture> read_captures(ObjectReader& step, Trouble& trouble) {
  std::vector<Capture> captures;
  step.each_member("capture",
                   [&](const std::string& name, const JsonValue& value, const Place& place) {
                     Capture capture{name, {}, false};
                     if (value.IsString()) {
                       capture.pointer = as_text(value);
                       if (!rapidjson::Pointer{capture.pointer}.IsValid()) {
                         trouble.report(place, "is no JSON Pointer such as /results/0/id");
                       }
                     } else {
                       ObjectReader object{value, place, trouble};
                       capture.pointer = pointer(object, "pointer");
                       capture.optional = object.flag("optional");
                       object.finish();
                     }
                     captures.push_back(std::move(capture));
                   });
  return captures;
}

Cause read_cause(const JsonValue& value, const Place& place, Trouble& trouble) {
  ObjectReader object{value, place, trouble};
  Cause cause{object.statuses("status"),    object.text("server"),
              object.text("content_type"),  object.text("body_contains"),
              object.required_text("code"), object.flag("critical")};
  object.each_member(
      "json", [&](const std::string& where, const JsonValue& member, const Place& member_place) {
        if (!rapidjson::Pointer{where}.IsValid()) {
          trouble.report(member_place, "is no JSON Pointer such as /results/0/id");
        }
        cause.json.emplace_back(where, json_text(member));
      });
  if (cause.statuses.empty()) object.report("status", "is missing or empty");
  object.finish();
  return cause;
}

SeverityRule read_severity_rule(const JsonValue& value, const Place& place, Severity step_severity,
                                Trouble& trouble) {
  ObjectReader object{value, place, trouble};
  SeverityRule rule{object.statuses("status"), object.texts("code"), severity(object)};
  if (rule.statuses.empty() == rule.codes.empty()) {
    object.report("status", "a rule has either statuses or codes");
  }
  if (rule.severity < step_severity) object.report("severity", "is above the step's own");
  object.finish();
  return rule;
}

void read_good(ObjectReader& object, Step& step, Trouble& trouble) {
  const JsonValue* value = object.any("good");
  if (value == nullptr) return;
  ObjectReader good{*value, object.place_of("good"), trouble};
  step.good_code = good.required_text("code");
  step.good_facts.clear();
  good.each_member(
      "facts", [&](const std::string& name, const JsonValue& where, const Place& place) {
        if (where.IsString() && rapidjson::Pointer{std::string{as_text(where)}}.IsValid()) {
          step.good_facts.emplace_back(name, as_text(where));
        } else {
          trouble.report(place, "is no JSON Pointer such as /count");
        }
      });
  good.finish();
}

std::string read_id(const JsonValue& value, const Place& place, Trouble& trouble) {
  if (!value.IsObject() || !value.HasMember("id") || !value["id"].IsString()) {
    trouble.report(place, "is no step: it has no \"id\"");
    return {};
  }
  std::string id{as_text(value["id"])};
  const bool fit = !id.empty() && id.size() <= 64 && std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
  if (!fit) trouble.report(place, fmt::format("id \"{}\" is not of a-z, 0-9 and _", id));
  return id;
}

// What a step does not say itself is as in the earlier one that it is like. True: there is one.
bool read_like(ObjectReader& object, Step& step, const std::vector<Step>& before) {
  if (!object.has("like")) return false;
  const std::string id = object.required_text("like");
  const auto like = std::ranges::find(before, id, &Step::id);
  if (like == before.end()) {
    object.report("like", fmt::format("\"{}\" is no step before this one", id));
    return false;
  }
  step.texts = like->texts;
  step.severity = like->severity;
  step.explained_by = like->explained_by;
  step.expect = like->expect;
  step.severity_when = like->severity_when;
  step.causes = like->causes;
  step.good_code = like->good_code;
  step.good_facts = like->good_facts;
  return true;
}

// What all steps of an id have in common is said by the first.
void read_identity(ObjectReader& object, Step& step, const Step* first, bool is_like) {
  if (first != nullptr) {
    step.texts = first->texts;
    step.severity = first->severity;
    step.explained_by = first->explained_by;
    if (!step.when || !first->when) object.report("when", "is missing: another step has this id");
    return;
  }
  const auto wants = [&](std::string_view key) { return !is_like || object.has(key); };
  if (wants("title")) step.texts.title = object.local_text("title");
  if (wants("meaning")) step.texts.meaning = object.local_text("meaning");
  if (wants("action")) step.texts.action = object.local_text("action");
  if (wants("severity")) step.severity = severity(object);
  if (wants("explained_by")) step.explained_by = object.texts("explained_by");
}

Step read_step(const JsonValue& value, const std::string& id, const Step* first,
               const std::vector<Step>& before, Trouble& trouble) {
  const std::string name = "step " + id;
  ObjectReader object{value, Place{name}, trouble};
  Step step;
  step.id = object.required_text("id");
  step.when = read_when(object, trouble);
  read_identity(object, step, first, read_like(object, step, before));
  if (const JsonValue* request = object.any("request")) {
    step.request = read_request(*request, object.place_of("request"), trouble);
  } else {
    object.report("request", "is missing");
  }
  if (const JsonValue* expect = object.any("expect")) {
    step.expect = read_expectation(*expect, object.place_of("expect"), trouble);
  }
  step.as = object.text("as");
  step.needs = object.texts("needs");
  step.after = object.texts("after");
  step.captures = read_captures(object, trouble);
  if (object.has("causes")) step.causes.clear();
  object.each_item("causes", [&](const JsonValue& item, const Place& place) {
    step.causes.push_back(read_cause(item, place, trouble));
  });
  if (object.has("severity_when")) step.severity_when.clear();
  object.each_item("severity_when", [&](const JsonValue& item, const Place& place) {
    step.severity_when.push_back(read_severity_rule(item, place, step.severity, trouble));
  });
  read_good(object, step, trouble);
  object.finish();
  return step;
}

std::vector<Step> read_steps(ObjectReader& file, Trouble& trouble) {
  std::vector<Step> steps;
  if (const JsonValue* list = file.any("steps"); list != nullptr && list->IsArray()) {
    steps.reserve(list->Size());
  }
  std::map<std::string, std::size_t, std::less<>> first_of;
  file.each_item("steps", [&](const JsonValue& value, const Place& place) {
    const std::string id = read_id(value, place, trouble);
    if (!trouble.text().empty()) return;
    const auto [first, fresh] = first_of.emplace(id, steps.size());
    steps.push_back(read_step(value, id, fresh ? nullptr : &steps[first->second], steps, trouble));
  });
  return steps;
}

Logins read_logins(ObjectReader& file, Trouble& trouble) {
  Logins logins;
  file.each_member("logins",
                   [&](const std::string& name, const JsonValue& value, const Place& place) {
                     ObjectReader object{value, place, trouble};
                     logins[name] = {object.required_text("step"), object.required_text("token")};
                     object.finish();
                   });
  return logins;
}

}  // namespace

Result<Scenario> Scenario::read(std::string_view json, const std::string& name) {
  const auto document = parse_json(json);
  if (!document) {
    return fail(ErrorKind::config, fmt::format("{}: {}", name, document.error().message));
  }
  Trouble trouble{name};
  ObjectReader file{*document, Place{}, trouble};
  Scenario scenario;
  scenario.logins_ = read_logins(file, trouble);
  file.each_item("causes", [&](const JsonValue& item, const Place& place) {
    scenario.causes_.push_back(read_cause(item, place, trouble));
  });
  scenario.steps_ = read_steps(file, trouble);
  if (!file.has("steps")) file.report("steps", "is missing");
  file.finish();
  if (!trouble.text().empty()) return fail(ErrorKind::config, trouble.text());
  return scenario;
}

}  // namespace lectio
