#include "health_check/site_errors.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <string>
#include <utility>

#include "io/procfs.hpp"
#include "io/user.hpp"
#include "site/error_spool.hpp"
#include "site/site_process.hpp"
#include "site/workers.hpp"

namespace lectio {
namespace {

// The site fails as a whole: the errors are its incident's.
const std::vector<std::string> causes{"backend_service", "workers", "backend"};

Finding unreadable(const Error& error) {
  return {Outcome::unknown, "site_errors_unreadable", Facts{}.set("error", error.message)};
}

// Those who answer requests, whoever the main process is.
Result<uid_t> owner_of_workers(Run& run, const SiteProcess& site) {
  struct stat status{};
  for (const pid_t pid :
       living_workers(run.config.text("BACKEND_SERVICE"), run.systemd, Procfs{})) {
    if (::stat(fmt::format("/proc/{}", pid).c_str(), &status) == 0) return status.st_uid;
  }
  const auto account = find_user(site.user);
  if (!account) return std::unexpected(account.error());
  return account->uid;
}

Verdict verdict_of(const SiteError& error, const SiteCensor& censor) {
  const auto clean = [&](const std::string& text) { return censor.pass(text); };
  std::string frames;
  for (const std::string& frame : error.frames) {
    frames += (frames.empty() ? "" : "\n") + clean(frame);
  }
  Finding finding{Outcome::warning, "site_error_raised",
                  Facts{}
                      .set("status", error.status == 0 ? 500 : error.status)
                      .set("error", clean(error.error))
                      .set("text", clean(error.text))
                      .set("place", fmt::format("{}:{} {}", clean(error.file), error.line,
                                                clean(error.function)))
                      .set("request", clean(error.method + " " + error.path))
                      .set("times", error.times)
                      .set("log", frames)};
  Verdict verdict = judge({.id = site_errors_check().id + ":" + error.signature,
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
  run.remember = nullptr;  // of an earlier look of this run
  const ErrorSpool spool{run.config.text("ERROR_SPOOL")};
  const auto judged = [](Finding finding) {
    return judge(site_errors_check(), std::move(finding), Milliseconds{0});
  };
  if (!we_are_root()) return {judged({Outcome::skipped, "site_errors_not_root", {}})};
  const bool takes = run.dry_run == DryRun::off;  // what is then not told, the next run finds
  const SiteProcess site = site_process(run.config, run.systemd);
  if (takes) {
    const auto owner = owner_of_workers(run, site);
    if (!owner) return {judged(unreadable(owner.error()))};
    if (auto given = spool.give_to(*owner); !given) return {judged(unreadable(given.error()))};
  }
  const auto errors =
      spool.read(takes ? ErrorSpool::Take::take : ErrorSpool::Take::look, run.notes);
  if (!errors) return {judged(unreadable(errors.error()))};
  std::vector<Verdict> verdicts{
      judged({Outcome::good, errors->empty() ? "site_errors_none" : "site_errors_some",
              Facts{}.set("count", errors->size())})};
  if (errors->empty()) return verdicts;
  const SiteCensor censor{site, run.config.secrets()};
  for (const SiteError& error : *errors) verdicts.push_back(verdict_of(error, censor));
  if (takes) {
    run.remember = [spool, taken = *errors] { spool.drop(taken); };
  }
  return verdicts;
}

}  // namespace lectio
