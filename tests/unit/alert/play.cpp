#include "alert/play.hpp"

#include <gtest/gtest.h>

#include <utility>

#include "alert/small_site.hpp"

namespace lectio::test {
namespace {

Milliseconds period_of(const std::string& tool) {
  if (tool == "smoke_check") return minutes{5};
  if (tool == "deep_check") return minutes{60};
  return minutes{1};
}

}  // namespace

std::string sign(const Event& event) {
  constexpr std::string_view signs = "OeRrANSCMfxmcp";
  std::string text{signs[static_cast<std::size_t>(event.kind)]};
  if (event.loud) text += '!';
  return text;
}

Chat::Chat() { around.uptime = hours{2}; }

Now Chat::now() const { return now_of(book, wall_, boot_, boot_id_); }

std::vector<Event> Chat::run(const std::string& tool, const std::vector<Seen>& seen,
                             std::vector<Problem> facts) {
  RunSeen run;
  run.tool = tool;
  run.period = period_of(tool);
  const Now at = now();
  run.started = at.tick;
  run.facts = std::move(facts);
  for (const Seen& check : seen) {
    run.known.push_back(check.id);
    Observation observation;
    observation.id = check.id;
    observation.status = status_of(check.look);
    observation.severity = check.severity;
    observation.explained_by = check.explained_by;
    observation.texts.title = check.id;
    observation.critical_after = check.critical_after;
    observation.confirm_runs = check.confirm_runs;
    run.observations.push_back(std::move(observation));
  }
  run.known.insert(run.known.end(), left_out.begin(), left_out.end());
  if (around.marker) around.marker->age = at.tick - marker_touched_;
  around.run_dir_changed.reset();
  if (run_dir_changed_) {
    around.run_dir_changed = std::chrono::duration_cast<Milliseconds>(wall_ - *run_dir_changed_);
  }
  Decision decision = decide(book, run, around, at, settings);
  Book& next = decision.book;
  ++next.saves;
  next.tick = at.tick;
  next.wall = wall_;
  next.boot = boot_;
  next.boot_id = boot_id_;
  auto read = parse_book(to_json(next));
  EXPECT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(to_json(*read), to_json(next));
  book = std::move(*read);
  for (PastIncident& incident : decision.past) past.push_back(std::move(incident));
  told.insert(told.end(), decision.events.begin(), decision.events.end());
  return decision.events;
}

void Chat::pass(Milliseconds time) {
  wall_ += time;
  boot_ += time;
  around.uptime += time;
}

void Chat::reboot(Milliseconds off) {
  wall_ += off;
  boot_ = BootTime{seconds{5}};
  boot_id_ = "boot-" + std::to_string(++boots_);
  around.uptime = seconds{5};
  around.marker.reset();
  run_dir_changed_.reset();
}

void Chat::touch_marker() {
  around.marker = MarkerSeen{"touch " + std::to_string(++touches_), {}, {}, {}};
  marker_touched_ = now().tick;
}

void Chat::remove_marker() {
  around.marker.reset();
  run_dir_changed_ = wall_;
}

void Chat::mute(const std::string& check, Milliseconds time, const std::string& reason) {
  const Tick at = now().tick;
  add_mute(book, {check, reason, "", at, at + time, {}});
}

void Chat::unmute(const std::string& check) { EXPECT_TRUE(end_mute(book, check, now())); }

std::string Chat::heard() const {
  std::string text;
  for (const Event& event : told) text += sign(event);
  return text;
}

const Event& Chat::last(EventKind kind) const {
  for (std::size_t i = told.size(); i > 0; --i) {
    if (told[i - 1].kind == kind) return told[i - 1];
  }
  throw std::logic_error{"nothing of that kind was told"};
}

std::string play(std::string_view looks, Severity severity) {
  Chat chat;
  std::string heard;
  for (const char look : looks) {
    const auto events = chat.run("health_check", {{"disk", look, severity}});
    heard += events.empty() ? "." : sign(events.front()).substr(0, 1);
    chat.pass(minutes{1});
  }
  return heard;
}

}  // namespace lectio::test
