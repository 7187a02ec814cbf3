#include "site/web.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "check/redirect.hpp"
#include "io/json.hpp"

namespace lectio {
namespace {

std::int64_t milliseconds(std::chrono::microseconds duration) { return duration.count() / 1000; }

// Nothing after a second try: the stopwatch has the pauses as well.
std::optional<Milliseconds> time_of(const HttpResponse& response) {
  if (response.tries > 1) return std::nullopt;
  return std::chrono::duration_cast<Milliseconds>(response.phases.total);
}

Facts facts_of(const HttpResponse& response) {
  Facts facts;
  if (response.status != 0) facts.set("status", response.status);
  if (!response.error_text.empty()) facts.set("error", response.error_text);
  if (!response.location.empty()) facts.set("location", response.location);
  if (!response.remote_address.empty()) facts.set("address", response.remote_address);
  facts.set("ms", milliseconds(response.phases.total));
  if (response.tries > 1) facts.set("tries", response.tries);
  return facts;
}

std::string code_of_status(const HttpRequest& request, const HttpResponse& response) {
  const int status = response.status;
  constexpr std::array<std::pair<int, const char*>, 6> known{{{400, "bad_request"},
                                                              {403, "forbidden"},
                                                              {404, "not_found"},
                                                              {502, "bad_gateway"},
                                                              {503, "unavailable"},
                                                              {504, "bad_gateway"}}};
  const auto found = std::ranges::find(known, status, &std::pair<int, const char*>::first);
  if (found != known.end()) return found->second;
  if (status >= 300 && status < 400) return redirect_code(request, response.location);
  return status >= 500 ? "server_error" : "http_status";
}

Finding failed(const HttpResponse& response, std::string code) {
  return {Outcome::bad, std::move(code), facts_of(response), {}, time_of(response)};
}

// Of text from elsewhere: on one line, at most 200 bytes, cut between characters.
std::string one_line(std::string_view text) {
  constexpr std::size_t most = 200;
  const auto is_blank = [](char c) { return static_cast<unsigned char>(c) <= 0x20U; };
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
  std::string line;
  for (const char c : text) {
    if (!is_blank(c)) {
      line.push_back(c);
    } else if (!line.empty() && line.back() != ' ') {
      line.push_back(' ');
    }
    if (line.size() > most) break;
  }
  if (line.size() > most) {
    std::size_t end = most;
    while (end > 0 && continues(line[end])) --end;
    line.resize(end);
  }
  if (line.ends_with(' ')) line.pop_back();
  return line;
}

const JsonValue* member(const JsonValue& object, const char* name) {
  if (!object.IsObject()) return nullptr;
  const auto found = object.FindMember(name);
  return found == object.MemberEnd() ? nullptr : &found->value;
}

// What the health endpoint says, whatever the status it came with.
Finding judge_health(const HttpRequest& request, const HttpResponse& response) {
  const auto document = parse_json(response.body);
  if (!document) return failed(response, "not_json");
  const JsonValue* checks = member(*document, "checks");
  const JsonValue* database = checks == nullptr ? nullptr : member(*checks, "database");
  if (database == nullptr || !database->IsBool()) return failed(response, "bad_answer");
  if (database->GetBool()) {
    if (response.status != 200) return failed(response, code_of_status(request, response));
    return {Outcome::good, "backend_ok", facts_of(response), {}, time_of(response)};
  }
  Finding finding = failed(response, "database_down");
  const JsonValue* error = member(*document, "database_error");
  if (error == nullptr) error = member(*checks, "database_error");
  if (error != nullptr && error->IsString()) finding.facts.set("error", one_line(as_text(*error)));
  return finding;
}

}  // namespace

Finding judge_public_page(const HttpRequest& request, const HttpResponse& response) {
  if (response.error != HttpError::none) {
    return failed(response, std::string{to_string(response.error)});
  }
  if (response.status != 200) return failed(response, code_of_status(request, response));
  Finding finding = failed(response, "not_html");
  finding.facts.set("content_type", response.content_type());
  if (response.content_type() != "text/html") return finding;
  if (response.body_size == 0) return failed(response, "page_empty");
  return {Outcome::good, "page_ok", facts_of(response), {}, time_of(response)};
}

Finding judge_backend(const HttpRequest& request, const HttpResponse& response) {
  if (response.error != HttpError::none) {
    return failed(response, std::string{to_string(response.error)});
  }
  Finding health = judge_health(request, response);
  if (response.status == 200 || health.code == "database_down") return health;
  return failed(response, code_of_status(request, response));
}

Finding judge_response_time(const HttpResponse& response, Milliseconds limit) {
  const bool slow = response.phases.total > limit;
  Finding finding{
      slow ? Outcome::warning : Outcome::good, slow ? "response_slow" : "response_fast", {}};
  finding.facts.set("ms", milliseconds(response.phases.total))
      .set("limit_ms", limit.count())
      .set("dns_ms", milliseconds(response.phases.dns))
      .set("connect_ms", milliseconds(response.phases.connect))
      .set("tls_ms", milliseconds(response.phases.tls))
      .set("first_byte_ms", milliseconds(response.phases.first_byte));
  return finding;
}

bool may_be_network(const HttpResponse& response) {
  if (response.error == HttpError::dns || response.error == HttpError::unreachable) return true;
  return response.error == HttpError::timeout && response.phases.connect.count() == 0;
}

bool is_silent(const HttpResponse& response) {
  return response.error == HttpError::timeout && response.phases.connect.count() != 0 &&
         response.phases.first_byte.count() == 0;
}

bool is_reached(const HttpResponse& response) { return !may_be_network(response); }

}  // namespace lectio
