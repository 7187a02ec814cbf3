// The alerting half of a run: verdicts into the book, and what is owed on its way.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "alert/book_keeping.hpp"
#include "alert/delivery.hpp"
#include "alert/message.hpp"
#include "alert/policy.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "check/finding.hpp"
#include "io/http.hpp"
#include "site/config.hpp"

namespace lectio {

PolicySettings policy_settings(const Config& config);
DeliverySettings delivery_settings(const Config& config);
MessageStyle message_style(const Config& config);
Lang alert_language(const Config& config);
// Of the catalogue, in that language.
std::string alert_phrase(const Config& config, std::string_view key, const Facts& facts = {});

std::string outbox_directory(const std::string& state_directory);

// Where the book is kept, and where it is while that cannot be written.
BookPlaces book_places(const Config& config);
Instant instant_now(Clock& clock);

// What lies around a run that began at `started`. What cannot be read is named in `notes` and
// excuses nothing.
Surroundings look_around(const Config& config, Clock& clock, BootTime started,
                         std::vector<std::string>& notes);

// The book, and how many messages wait or were refused.
struct KeptAlerts {
  Book book;
  int waiting = 0;
  int dead = 0;
};

// none: a person asked, and does not wait for a pause that we chose ourselves.
enum class Patience { usual, none };

class Alerting {
 public:
  Alerting(const Config& config, Http& http, Clock& clock, std::vector<std::string>& notes)
      : config_(config), http_(http), clock_(clock), notes_(notes) {}

  // A run that began at `started` is too close to the end of a deploy to be believed: how long
  // to wait before looking again. 0: it is not.
  Milliseconds unsettled(BootTime started);

  // Whether what is to be told can reach anybody; empty: nothing to complain of.
  std::optional<Verdict> trouble();

  // Keeps, decides, tells: with STATE_DIR; where that cannot be written, with RUN_DIR; where
  // neither can, at once and without memory. `known`: every id of the tool; empty: it says nothing
  // of those that it does not name. False: what was to be told is neither kept nor told: the next
  // run has to find it again.
  bool settle(const std::string& tool, Milliseconds period, BootTime started,
              const std::vector<Verdict>& verdicts, std::vector<std::string> known,
              std::vector<Problem> facts, const Deadline& deadline);

  // Why STATE_DIR did not take what settle() had to keep; empty: it did.
  const std::string& state_error() const { return state_error_; }

  // What the outbox holds, whoever queued it.
  DeliveryReport deliver(const Deadline& deadline, Patience patience = Patience::usual);

  // As settle() has left them; else as they lie there. Empty: ALERTS is off, or they cannot be
  // read.
  std::optional<KeptAlerts> kept() const;

 private:
  RunSeen seen(const std::string& tool, Milliseconds period, const std::vector<Verdict>& verdicts,
               std::vector<std::string> known, std::vector<Problem> facts) const;
  Result<void> keep(const BookPlaces& places, RunSeen run, BootTime started);
  DeliveryReport tell_at_once(RunSeen run, BootTime started, const Deadline& deadline);
  void report(const DeliveryReport& delivered);
  std::vector<Notice> notices(const Decision& decision, const Now& now) const;
  DeliveryReport deliver_from(const std::string& directory, const std::optional<std::string>& other,
                              const Deadline& deadline);

  const Config& config_;
  Http& http_;
  Clock& clock_;
  std::vector<std::string>& notes_;
  Patience patience_ = Patience::usual;
  std::string state_error_;
  std::optional<Book> book_;  // as we kept it
  std::optional<DeliveryReport> delivered_;
  std::optional<std::uint64_t> committed_;  // the last number of the book as we kept it
};

}  // namespace lectio
