#include "heartbeat/site_health.hpp"

#include "io/json.hpp"
#include "site/site_request.hpp"

namespace lectio {
namespace {

enum class Database { up, down, unsaid };

Database database_of(const JsonDocument& health) {
  if (!health.IsObject()) return Database::unsaid;
  const auto checks = health.FindMember("checks");
  if (checks == health.MemberEnd() || !checks->value.IsObject()) return Database::unsaid;
  const auto database = checks->value.FindMember("database");
  if (database == checks->value.MemberEnd() || !database->value.IsBool()) return Database::unsaid;
  return database->value.GetBool() ? Database::up : Database::down;
}

}  // namespace

Finding judge_health_answer(const HttpResponse& response) {
  Facts facts;
  const auto took = std::chrono::duration_cast<Milliseconds>(response.phases.total);
  facts.set("ms", took.count());
  if (response.error != HttpError::none) {
    facts.set("error", response.error_text);
    return {Outcome::bad, std::string{to_string(response.error)}, facts};
  }
  facts.set("status", response.status);
  const auto json = parse_json(response.body);
  const Database database = json ? database_of(*json) : Database::unsaid;
  if (database == Database::down) return {Outcome::bad, "database_down", facts};
  if (response.status != 200) {
    if (!response.location.empty()) facts.set("location", response.location);
    return {Outcome::bad, "http_status", facts};
  }
  if (!json) {
    const std::string type = response.content_type();
    facts.set("content_type", type);
    return {Outcome::bad, type == "text/html" ? "spa_page" : "not_json", facts};
  }
  if (database == Database::unsaid) return {Outcome::bad, "site_health_unsaid", facts};
  return {Outcome::good, "site_healthy", facts};
}

Finding probe_site_health(const Config& config, Http& http, const Deadline& deadline) {
  HttpRequest request = backend_request(config, "/api/health/");
  request.retries = 2;
  Finding finding = judge_health_answer(fetch(http, deadline, request));
  finding.facts.set("url", request.url);
  return finding;
}

}  // namespace lectio
