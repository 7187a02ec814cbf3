// Whether a release serves well: the checks of health_check and smoke_check, answered by it, and
// held against what they said before the deploy began.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/severity.hpp"
#include "base/text.hpp"
#include "io/http.hpp"
#include "io/systemd.hpp"
#include "site/config.hpp"

namespace lectio {

struct Seen {
  Status status = Status::unknown;
  std::string words;  // title and summary
};
using SeenChecks = std::map<std::string, Seen, std::less<>>;

class Verification {
 public:
  Verification(const Config& config, Http& http, Systemd& systemd, Clock& clock, Lang lang)
      : config_(config), http_(http), systemd_(systemd), clock_(clock), lang_(lang) {}

  // Every check that a release can spoil; not how full the disk is. No payment is made.
  Result<SeenChecks> look();

 private:
  const Config& config_;
  Http& http_;
  Systemd& systemd_;
  Clock& clock_;
  Lang lang_;
};

// The page that visitors get is `index_html`, or asks for the same files. Empty: it is, else what
// is missing.
std::string missing_from_site(const Config& config, Http& http, Clock& clock,
                              const std::string& index_html);

// What is worse now than it was: the words of each such check.
std::vector<std::string> worse(const std::map<std::string, Status>& before, const SeenChecks& now);

// What fails, or cannot be told: the words of each such check.
std::vector<std::string> failing(const SeenChecks& seen);

std::map<std::string, Status> statuses(const SeenChecks& seen);

}  // namespace lectio
