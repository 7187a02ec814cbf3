#include "health_check/site_errors.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "io/user.hpp"
#include "site/error_spool.hpp"
#include "site/site_process.hpp"

namespace lectio {
namespace {

// The site fails as a whole: the errors are its incident's.
const std::vector<std::string> causes{"backend_service", "workers", "backend", "database"};

Finding unreadable(const Error& error) {
  return {Outcome::unknown, "site_errors_unreadable", Facts{}.set("error", error.message)};
}

Verdict verdict_of(const SiteError& error, const SiteCensor& censor) {
  const auto clean = [&](const std::string& text) { return censor.pass(text); };
  std::string frames;
  for (const std::string& frame : error.frames) {
    frames += (frames.empty() ? "" : "\n") + clean(frame);
  }
  Finding finding{Outcome::warning, "site_error_raised",
                  Facts{}
                      .set("error", clean(error.error))
                      .set("text", clean(error.text))
                      .set("place", fmt::format("{}:{} {}", clean(error.file), error.line,
                                                clean(error.function)))
                      .set("request", clean(error.method + " " + error.path))
                      .set("times", error.times)
                      .set("log", frames)};
  Verdict verdict = judge({.id = "site_error:" + error.signature,
                           .severity = Severity::high,
                           .explained_by = causes,
                           .is_event = true},
                          std::move(finding), Milliseconds{0});
  verdict.times = error.times;
  return verdict;
}

}  // namespace

CheckInfo site_errors_check() { return {.id = "site_errors", .severity = Severity::medium}; }

std::vector<Verdict> look_at_site_errors(Run& run) {
  const ErrorSpool spool{run.config.text("ERROR_SPOOL")};
  const auto judged = [](Finding finding) {
    return judge(site_errors_check(), std::move(finding), Milliseconds{0});
  };
  // What is taken and not told, the next run finds.
  const bool takes = run.dry_run == DryRun::off && we_are_root();
  if (takes && !spool.is_there()) {
    if (auto made = spool.make(site_process(run.config, run.systemd).user); !made) {
      return {judged(unreadable(made.error()))};
    }
  }
  const auto errors =
      spool.read(takes ? ErrorSpool::Take::take : ErrorSpool::Take::look, run.notes);
  if (!errors) return {judged(unreadable(errors.error()))};
  std::vector<Verdict> verdicts{
      judged({Outcome::good, errors->empty() ? "site_errors_none" : "site_errors_some",
              Facts{}.set("count", errors->size())})};
  if (errors->empty()) return verdicts;
  const SiteCensor censor{site_process(run.config, run.systemd), run.config.secrets()};
  for (const SiteError& error : *errors) verdicts.push_back(verdict_of(error, censor));
  if (takes) {
    run.remember = [spool, taken = *errors] { spool.drop(taken); };
  }
  return verdicts;
}

}  // namespace lectio
