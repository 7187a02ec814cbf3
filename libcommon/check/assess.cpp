#include "check/assess.hpp"

#include <rapidjson/pointer.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "base/ascii.hpp"
#include "check/asset_check.hpp"
#include "check/jwt.hpp"
#include "check/redirect.hpp"
#include "io/json.hpp"

namespace lectio {
namespace {

const JsonValue* at_pointer(const JsonDocument& document, const std::string& pointer) {
  return rapidjson::Pointer{pointer}.Get(document);
}

std::string_view type_name(const JsonValue& value) {
  switch (value.GetType()) {
    case rapidjson::kNullType:
      return "null";
    case rapidjson::kFalseType:
    case rapidjson::kTrueType:
      return "boolean";
    case rapidjson::kObjectType:
      return "object";
    case rapidjson::kArrayType:
      return "array";
    case rapidjson::kStringType:
      return "string";
    case rapidjson::kNumberType:
      return "number";
  }
  return "?";
}

bool contains(const std::vector<int>& statuses, int status) {
  return std::ranges::find(statuses, status) != statuses.end();
}

bool is_of_type(const JsonValue& value, std::string_view type) {
  if (type.empty() || type == type_name(value)) return true;
  return type == "integer" && (value.IsInt64() || value.IsUint64());
}

bool is_equal(const JsonValue& value, const JsonDocument& wanted, bool ignore_case) {
  if (ignore_case && value.IsString() && wanted.IsString()) {
    return lower(as_text(value)) == lower(as_text(wanted));
  }
  return value == wanted;
}

FactValue as_fact(const JsonValue& value, const Redactor& redactor) {
  if (value.IsString()) return redactor.clean(as_text(value));
  if (value.IsBool()) return value.GetBool();
  if (value.IsInt64()) return value.GetInt64();
  if (value.IsNumber()) return value.GetDouble();
  if (value.IsArray()) return static_cast<std::int64_t>(value.Size());
  return std::string{type_name(value)};
}

double as_ms(std::chrono::microseconds time) {
  return std::round(static_cast<double>(time.count()) / 100) / 10;
}

void put_times(Facts& facts, const HttpResponse& response) {
  const HttpPhases& phases = response.phases;
  facts.set("ms", std::chrono::duration_cast<Milliseconds>(phases.total).count());
  if (!response.reused_connection) {
    if (phases.dns.count() > 0) facts.set("dns_ms", as_ms(phases.dns));
    if (phases.connect.count() > 0) facts.set("connect_ms", as_ms(phases.connect));
    if (phases.tls.count() > 0) facts.set("tls_ms", as_ms(phases.tls));
  }
  if (phases.first_byte.count() > 0) facts.set("first_byte_ms", as_ms(phases.first_byte));
  if (response.tries > 1) facts.set("tries", response.tries);
}

class Assessor {
 public:
  Assessor(const Question& question, const HttpResponse& response)
      : question_(question), step_(question.step), response_(response) {}

  Assessment run() {
    Finding& finding = result_.finding;
    if (response_.status != 0) finding.facts.set("status", response_.status);
    put_times(finding.facts, response_);
    if (response_.error != HttpError::none) {
      no_answer();
    } else {
      finding.facts.set("size", response_.body_size);
      parse_body();
      const bool well =
          status_is_wanted() && content_is_wanted() && json_is_wanted() && text_is_wanted();
      if (well) {
        good();
      } else {
        name_cause();
      }
    }
    if (finding.outcome == Outcome::bad) lower_severity();
    return std::move(result_);
  }

 private:
  Facts& facts() { return result_.finding.facts; }
  std::string clean(std::string_view text) const { return question_.redactor.clean(text); }

  bool bad(std::string code) {
    result_.finding.outcome = Outcome::bad;
    result_.finding.code = std::move(code);
    return false;
  }

  void no_answer() {
    bad(std::string{to_string(response_.error)});
    if (!response_.error_text.empty()) facts().set("error", clean(response_.error_text));
    if (!response_.remote_address.empty()) facts().set("address", response_.remote_address);
  }

  bool is_html() const {
    return response_.content_type() == "text/html" || looks_like_html(response_.body);
  }

  bool wants_json() const {
    return !step_.expect.json.empty() || !step_.captures.empty() || !step_.good_facts.empty() ||
           step_.expect.share || step_.expect.content_type == "application/json";
  }

  void parse_body() {
    if (is_html() || response_.body.empty()) return;
    if (!wants_json() && response_.content_type() != "application/json") return;
    if (auto document = parse_json(response_.body)) {
      document_ = std::move(*document);
    } else {
      json_error_ = document.error().message;
    }
  }

  bool status_is_wanted() {
    if (contains(step_.expect.statuses, response_.status)) return true;
    constexpr std::array<int, 5> redirects{301, 302, 303, 307, 308};
    if (std::ranges::find(redirects, response_.status) != redirects.end()) {
      facts().set("location", clean(response_.location));
      return bad(redirect_code(question_.request, response_.location));
    }
    return bad("http_status");
  }

  bool content_is_wanted() {
    if (wants_json() && is_html()) return bad("spa_page");
    const std::string type = response_.content_type();
    const std::string& wanted = step_.expect.content_type;
    const bool is_any = wanted.ends_with("/*") &&
                        type.starts_with(std::string_view{wanted}.substr(0, wanted.size() - 1));
    if (wanted.empty() || type == wanted || is_any) return true;
    facts().set("wanted_type", wanted).set("content_type", type.empty() ? "-" : clean(type));
    return bad("wrong_type");
  }

  bool json_is_wanted() {
    if (!wants_json()) return true;
    if (!document_) {
      facts().set("error", response_.body.empty() ? std::string{"empty body"} : clean(json_error_));
      return bad("not_json");
    }
    for (const JsonExpectation& wanted : step_.expect.json) {
      const bool asked = wanted.statuses.empty() || contains(wanted.statuses, response_.status);
      if (asked && !is_met(wanted)) return false;
    }
    return std::ranges::all_of(step_.captures,
                               [&](const Capture& capture) { return take(capture); });
  }

  bool wrong_shape(const JsonExpectation& wanted, std::string_view what, const FactValue& found) {
    facts()
        .set("pointer", wanted.pointer.empty() ? std::string{"/"} : wanted.pointer)
        .set("wanted", std::string{what});
    facts().set("found", found);
    return bad(wanted.code);
  }

  bool is_met(const JsonExpectation& wanted) {
    const JsonValue* value = at_pointer(*document_, wanted.pointer);
    if (!wanted.exists) {
      return value == nullptr || wrong_shape(wanted, "absent", std::string{type_name(*value)});
    }
    if (value == nullptr) {
      return wrong_shape(wanted, wanted.type.empty() ? "present" : wanted.type,
                         std::string{"absent"});
    }
    if (wanted.jwt_role) return is_token(wanted, *value);
    if (!is_of_type(*value, wanted.type)) {
      return wrong_shape(wanted, wanted.type, std::string{type_name(*value)});
    }
    return !wanted.equals || has_value(wanted, *value);
  }

  bool is_token(const JsonExpectation& wanted, const JsonValue& value) {
    const std::string fault = value.IsString()
                                  ? jwt_fault(as_text(value), *wanted.jwt_role, question_.now)
                                  : std::string{"not_three_parts"};
    if (fault.empty()) return true;
    facts().set("pointer", wanted.pointer).set("reason", fault);
    return bad(wanted.code);
  }

  bool has_value(const JsonExpectation& wanted, const JsonValue& value) {
    std::vector<std::string> missing;
    const auto text = fill_template(*wanted.equals, Escape::json, question_.variable, missing);
    const auto expected = parse_json(text);
    if (expected && is_equal(value, *expected, wanted.ignore_case)) return true;
    return wrong_shape(wanted, clean(text), as_fact(value, question_.redactor));
  }

  bool take(const Capture& capture) {
    const JsonValue* value = at_pointer(*document_, capture.pointer);
    std::string text;
    if (value != nullptr && value->IsString()) text = as_text(*value);
    if (value != nullptr && value->IsInt64()) text = std::to_string(value->GetInt64());
    const bool clean_text = std::ranges::none_of(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    if (!text.empty() && clean_text) {
      result_.captured[capture.variable] = std::move(text);
      return true;
    }
    if (capture.optional) return true;
    facts()
        .set("pointer", capture.pointer)
        .set("wanted", "string")
        .set("found", value == nullptr ? std::string_view{"absent"} : type_name(*value));
    return bad("wrong_shape");
  }

  bool text_is_wanted() {
    if (response_.body_size < step_.expect.first_bytes) return bad("body_short");
    for (const std::string& wanted : step_.expect.contains) {
      std::vector<std::string> missing;
      const std::string text = fill_template(wanted, Escape::none, question_.variable, missing);
      if (response_.body.find(text) != std::string::npos) continue;
      facts().set("text", text);
      return bad("missing_text");
    }
    return true;
  }

  void good() {
    Finding& finding = result_.finding;
    finding.code = step_.good_code;
    finding.usable = true;
    for (const auto& [name, pointer] : step_.good_facts) {
      if (const JsonValue* value = at_pointer(*document_, pointer)) {
        finding.facts.set(name, as_fact(*value, question_.redactor));
      }
    }
    if (step_.expect.share) measure(*step_.expect.share);
    if (step_.expect.latency && response_.phases.total > *step_.expect.latency) {
      finding.outcome = Outcome::warning;
      finding.code = "slow";
      finding.facts.set("limit_ms", step_.expect.latency->count());
    }
  }

  static double number_at(const JsonDocument& document, const std::string& pointer) {
    const JsonValue* const value = at_pointer(document, pointer);
    if (value == nullptr) return 0;
    if (value->IsNumber()) return value->GetDouble();
    return value->IsString() ? std::strtod(value->GetString(), nullptr) : 0;
  }

  void measure(const Share& share) {
    const double whole = number_at(*document_, share.to);
    if (whole <= 0) return;
    const double percent = 100 * number_at(*document_, share.of) / whole;
    facts().set("percent", std::round(percent));
    if (percent < share.warning) return;
    result_.finding.outcome = percent >= share.critical ? Outcome::critical : Outcome::warning;
    result_.finding.code = share.code;
  }

  // In DRF's words ("detail") or those of the site's own views.
  std::string_view server_words() const {
    if (!document_ || !document_->IsObject()) return {};
    for (const auto* name : {"detail", "reason", "error", "message"}) {
      const auto found = document_->FindMember(name);
      if (found != document_->MemberEnd() && found->value.IsString()) return as_text(found->value);
    }
    return {};
  }

  bool says(const std::pair<std::string, std::string>& member) const {
    const JsonValue* value = document_ ? at_pointer(*document_, member.first) : nullptr;
    const auto wanted = parse_json(member.second);
    return value != nullptr && wanted && *value == *wanted;
  }

  bool matches(const Cause& cause, std::string_view words) const {
    if (!contains(cause.statuses, response_.status)) return false;
    if (!response_.header("server").starts_with(cause.server)) return false;
    if (!cause.content_type.empty() && response_.content_type() != cause.content_type) return false;
    if (!std::ranges::all_of(cause.json, [&](const auto& member) { return says(member); })) {
      return false;
    }
    return cause.body_contains.empty() ||
           response_.body.find(cause.body_contains) != std::string::npos ||
           words.find(cause.body_contains) != std::string_view::npos;
  }

  void name_cause() {
    result_.captured.clear();
    const std::string_view words = server_words();
    if (!words.empty()) facts().set("detail", clean(words));
    if (const std::string_view after = response_.header("retry-after"); !after.empty()) {
      int seconds = 0;
      const auto [end, error] = std::from_chars(after.data(), after.data() + after.size(), seconds);
      if (error == std::errc{} && end == after.data() + after.size()) {
        facts().set("retry_after", seconds);
      }
    }
    for (const auto* causes : {&step_.causes, &question_.causes}) {
      const auto found =
          std::ranges::find_if(*causes, [&](const Cause& cause) { return matches(cause, words); });
      if (found == causes->end()) continue;
      result_.finding.code = found->code;
      if (found->is_critical) result_.finding.outcome = Outcome::critical;
      return;
    }
  }

  void lower_severity() {
    Finding& finding = result_.finding;
    for (const SeverityRule& rule : step_.severity_when) {
      const bool by_status =
          response_.error == HttpError::none && contains(rule.statuses, response_.status);
      const bool by_code = std::ranges::find(rule.codes, finding.code) != rule.codes.end();
      if (!by_status && !by_code) continue;
      finding.severity = rule.severity;
      return;
    }
  }

  const Question& question_;
  const Step& step_;
  const HttpResponse& response_;
  Assessment result_;
  std::optional<JsonDocument> document_;
  std::string json_error_;
};

}  // namespace

Assessment assess(const Question& question, const HttpResponse& response) {
  return Assessor{question, response}.run();
}

}  // namespace lectio
