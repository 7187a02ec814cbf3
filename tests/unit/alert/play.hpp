// A small server for the policy's tests: cron minutes, checks that are well or not, and what
// the chat hears of it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "alert/policy.hpp"

namespace lectio::test {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

struct Seen {
  std::string id;
  char look = '+';  // + ok, - warning, X critical, ? unknown, s skipped
  Severity severity = Severity::critical;
  std::vector<std::string> explained_by = {};
  int critical_after = 0;
  int confirm_runs = 0;
};

// What an event looks like in a history: O opened, e changed, R raised, r reminder, A again,
// N new cause, S settled, C closed, M merged, f fact, x fact repeated, m mute ended, c muted by
// config, p proof of life. A loud one is followed by !.
std::string sign(const Event& event);

class Chat {
 public:
  PolicySettings settings;
  Surroundings around;
  Book book;
  std::vector<std::string> left_out;  // by --skip: its tool's, and not looked at

  Chat();

  // One run of a tool that starts now; its period comes from its name.
  std::vector<Event> run(const std::string& tool, const std::vector<Seen>& seen,
                         std::vector<Problem> facts = {});
  void pass(Milliseconds time);
  void reboot(Milliseconds off);
  void step_wall(Milliseconds by) { wall_ += by; }
  // The deploy marker of a script that only touches it.
  void touch_marker();
  void remove_marker();
  void mute(const std::string& check, Milliseconds time, const std::string& reason = "works");
  void unmute(const std::string& check = "");

  Now now() const;
  std::vector<Event> told;    // all of them, in order
  std::string heard() const;  // their signs
  std::vector<PastIncident> past;
  const Event& last(EventKind kind) const;

 private:
  WallTime wall_{std::chrono::sys_days{std::chrono::January / 10 / 2026}};
  BootTime boot_{std::chrono::hours{2}};
  std::string boot_id_ = "boot-1";
  int boots_ = 1;
  Tick marker_touched_{0};
  int touches_ = 0;
  std::optional<WallTime> run_dir_changed_;
};

// One check of severity high looked at every minute: a character a run, signs without
// loudness, "." for nothing, the first sign if there are several.
std::string play(std::string_view looks, Severity severity = Severity::high);

}  // namespace lectio::test
