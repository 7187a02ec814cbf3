#include "setup_smoke_users/login.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "check/jwt.hpp"
#include "check/redactor.hpp"
#include "io/json.hpp"
#include "site/site_request.hpp"

namespace lectio {
namespace {

std::string credentials(const SmokeUser& user) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer writer{buffer};
  writer.StartObject();
  writer.Key("email");
  writer.String(user.email);
  writer.Key("password");
  writer.String(user.password);
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace

Finding judge_login_answer(const HttpResponse& response, const SmokeUser& user, WallTime now) {
  Redactor redactor;
  redactor.add_secret(user.password);
  Facts facts;
  facts.set("email", user.email)
      .set("ms", std::chrono::duration_cast<Milliseconds>(response.phases.total).count());
  if (response.error != HttpError::none) {
    facts.set("error", redactor.clean(response.error_text));
    return {Outcome::bad, std::string{to_string(response.error)}, facts};
  }
  facts.set("status", response.status);
  const auto json = parse_json(response.body);
  const auto said = [&](const char* name) {
    return json ? text_member(*json, name) : std::string{};
  };
  if (response.status != 200) {
    if (const std::string detail = said("detail"); !detail.empty()) {
      facts.set("detail", redactor.clean(detail));
    }
    if (!response.location.empty()) facts.set("location", redactor.clean(response.location));
    const bool refused = response.status == 401 || response.status == 403 || response.status == 429;
    return {Outcome::bad, refused ? "login_refused" : "http_status", facts};
  }
  if (const std::string fault = jwt_fault(said("access"), user.name, now); !fault.empty()) {
    return {Outcome::bad, "bad_token", facts.set("pointer", "/access").set("reason", fault)};
  }
  return {Outcome::good, "login_works", facts.set("role", user.name)};
}

Finding probe_login(const Config& config, const SmokeUser& user, Http& http, Clock& clock,
                    const Deadline& deadline) {
  HttpRequest request = auth_backend_request(config, "/api/jwt/token/");
  request.method = "POST";
  request.headers.emplace_back("Content-Type", "application/json");
  request.body = credentials(user);
  Finding finding = judge_login_answer(fetch(http, deadline, request), user, clock.wall());
  finding.facts.set("url", request.url);
  return finding;
}

}  // namespace lectio
