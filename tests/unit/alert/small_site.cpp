#include "alert/small_site.hpp"

namespace lectio::test {
namespace {

using std::chrono::minutes;
using enum Severity;
const std::vector<std::string> dead_backend{"backend", "backend_service", "postgresql"};

}  // namespace

const std::vector<ToolRow>& tools() {
  static const std::vector<ToolRow> rows{
      {"health_check",
       minutes{1},
       0,
       {{"nginx_service", critical, {}},
        {"backend_service", critical, {}},
        {"postgresql", high, {}},
        {"backend", critical, {"postgresql", "backend_service"}},
        {"build", critical, {}},
        {"public_page", critical, {"nginx_service", "build"}},
        {"disk", high, {}},
        {"memory", medium, {}}}},
      {"heartbeat",
       minutes{1},
       0,
       {{"site_health", critical, {"api_health", "backend", "backend_service", "postgresql"}}}},
      {"smoke_check",
       minutes{5},
       0,
       {{"frontend", critical, {"public_page", "build", "nginx_service"}},
        {"api_health", critical, dead_backend},
        {"teacher_login", critical, {"api_health", "backend", "backend_service", "postgresql"}},
        {"lessons",
         critical,
         {"teacher_login", "api_health", "backend", "backend_service", "postgresql"}},
        {"homework",
         high,
         {"teacher_login", "api_health", "backend", "backend_service", "postgresql"}}}},
      {"deep_check",
       minutes{60},
       30,
       {{"certificate", high, {}}, {"nginx_5xx", high, {"backend_service"}}}},
  };
  return rows;
}

const std::vector<FaultKind>& fault_kinds() {
  static const std::vector<FaultKind> kinds{
      {"nginx", {{"nginx_service", 'X'}, {"public_page", 'X'}, {"frontend", 'X'}}},
      {"backend",
       {{"backend_service", 'X'},
        {"backend", 'X'},
        {"api_health", 'X'},
        {"teacher_login", 'X'},
        {"lessons", 's'},
        {"homework", 's'},
        {"site_health", 'X'},
        {"nginx_5xx", '-'}}},
      {"database",
       {{"backend", 'X'},
        {"api_health", 'X'},
        {"teacher_login", 'X'},
        {"lessons", 's'},
        {"homework", 's'},
        {"site_health", 'X'}}},
      {"postgresql",
       {{"postgresql", 'X'},
        {"backend", 'X'},
        {"api_health", 'X'},
        {"teacher_login", 'X'},
        {"lessons", 's'},
        {"homework", 's'},
        {"site_health", 'X'}}},
      {"build", {{"build", 'X'}, {"frontend", 'X'}}},
      {"lessons", {{"lessons", 'X'}}},
      {"homework", {{"homework", '-'}}},
      {"disk", {{"disk", 'X'}}},
      {"disk low", {{"disk", '-'}}},
      {"memory", {{"memory", '-'}}},
      {"certificate", {{"certificate", '-'}}},
  };
  return kinds;
}

char worse(char left, char right) {
  constexpr std::string_view order = "+s?-X";
  return order.find(left) > order.find(right) ? left : right;
}

Status status_of(char look) {
  switch (look) {
    case '-':
      return Status::warning;
    case 'X':
      return Status::critical;
    case '?':
      return Status::unknown;
    case 's':
      return Status::skipped;
    default:
      return Status::ok;
  }
}

}  // namespace lectio::test
