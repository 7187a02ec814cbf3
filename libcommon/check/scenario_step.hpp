// A step of a scenario as its file has it: what to send, what to expect, what to keep.
// Texts marked "template" may hold ${NAME}; pointers are JSON Pointers (RFC 6901).
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/severity.hpp"
#include "base/text.hpp"
#include "check/template.hpp"

namespace lectio {

struct StepRequest {
  std::string method = "GET";
  std::string base = {};  // key of ScenarioSettings::bases; "url" when `target` is a whole address
  std::string target = {};  // template: path with query, or address
  std::vector<std::pair<std::string, std::string>> headers = {};  // values are templates
  std::string body = {};                                          // template
  Escape body_escape = Escape::none;                              // of what is filled into it
  std::string basic = {};  // template: "user:password" of Basic authentication
  std::optional<Milliseconds> timeout = {};
  bool follow_redirects = false;
};

// Whether a step applies, asked when its needs are met.
struct StepCondition {
  enum class Kind { is_set, not_set, equals } kind = Kind::is_set;
  std::vector<std::string> variables = {};   // all of them; of `not_set` and `equals` there is one
  std::string value = {};                    // of `equals`
  std::string otherwise = "not_applicable";  // the code of a check none of whose steps applies
};

struct JsonExpectation {
  std::string pointer = {};
  std::string type = {};                     // "object", "array", ...; empty: any
  std::optional<std::string> equals = {};    // JSON text, template
  bool ignore_case = false;                  // of `equals` with a string
  bool exists = true;                        // false: must be absent
  std::optional<std::string> jwt_role = {};  // a JWT with this role; empty text: any role
  std::string code = {};                     // what its failure is called
  std::vector<int> statuses = {};            // asked only of these answers; empty: of all
};

// How much of one number another is, in percent; numbers may be written as strings. Where the
// whole is absent or 0 there is no limit.
struct Share {
  std::string of = {};  // pointers
  std::string to = {};
  double warning = 100;  // as much, or more
  double critical = 100;
  std::string code = {};
};

struct StepExpectation {
  std::vector<int> statuses{200};
  std::string content_type = {};           // media type, or "video/*"; empty: any
  std::vector<std::string> contains = {};  // templates: each must occur in the body
  std::vector<JsonExpectation> json = {};
  std::size_t first_bytes = 0;  // so many are enough, and as many there must be; 0: all are read
  std::optional<Share> share = {};
  std::size_t max_body = std::size_t{4} << 20U;  // bytes
  std::optional<Milliseconds> latency = {};      // a slower answer is a warning
  bool assets = false;  // scripts and styles that the page names are fetched too
};

struct Capture {
  std::string variable = {};
  std::string pointer = {};
  bool optional = false;
};

// An answer that is known by more than its status. All that is given must match.
struct Cause {
  std::vector<int> statuses = {};
  std::string server = {};  // beginning of the Server header
  std::string content_type = {};
  std::string body_contains = {};
  std::string code = {};
  bool is_critical = false;                                    // whatever the step's severity
  std::vector<std::pair<std::string, std::string>> json = {};  // pointer, JSON text of the value
};

struct SeverityRule {
  std::vector<int> statuses = {};
  std::vector<std::string> codes = {};
  Severity severity = Severity::high;
};

struct Step {
  std::string id = {};
  // Of an id's first step; its variants share them.
  Texts texts = {};
  Severity severity = Severity::high;
  std::vector<std::string> explained_by = {};

  StepRequest request = {};
  std::string as = {};  // a login's name; empty: anonymous
  std::vector<std::string> needs = {};
  std::vector<std::string> after = {};  // ids that have ended before it, well or not
  std::optional<StepCondition> when = {};
  StepExpectation expect = {};
  std::vector<Capture> captures = {};
  std::vector<SeverityRule> severity_when = {};
  std::vector<Cause> causes = {};
  std::string good_code = "http_ok";
  std::vector<std::pair<std::string, std::string>> good_facts = {};  // name, pointer
};

// A step that logs in, and the variable in which it leaves the token.
struct Login {
  std::string step = {};
  std::string token = {};
};
using Logins = std::map<std::string, Login, std::less<>>;

}  // namespace lectio
