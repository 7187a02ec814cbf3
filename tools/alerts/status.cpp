#include <algorithm>
#include <string>
#include <vector>

#include "alert/catalogue.hpp"
#include "alert/outbox.hpp"
#include "alert/suppression.hpp"
#include "alerts/commands.hpp"
#include "io/json_fields.hpp"
#include "io/procfs.hpp"
#include "site/deploy_marker.hpp"
#include "site/deploy_stuck.hpp"
#include "site/run_stamp.hpp"
#include "tool/alerting.hpp"
#include "tool/deploy_now.hpp"
#include "tool/output.hpp"

namespace lectio {
namespace {

struct OpenIncident {
  std::string name;
  std::string check;
  std::string title;
  std::string summary;
  Status status = Status::warning;
  WallTime since{};
  Milliseconds lasts{0};
  std::string deploy;
  bool flapping = false;
  std::vector<std::string> checks;
};

// Of what comes again and again, in the last hour.
struct Repeated {
  std::string check;
  std::string title;
  std::string summary;
  int times = 0;
  WallTime since{};
  WallTime last{};
};

struct LastRun {
  std::string tool;
  Status status = Status::ok;
  WallTime ended{};
  Milliseconds age{0};
  bool late = false;
};

struct ActiveMute {
  std::string check;
  std::string reason;
  WallTime until{};
};

struct StatusReport {
  std::vector<OpenIncident> incidents;
  std::vector<Repeated> repeated;
  std::vector<LastRun> runs;
  std::string deploy;  // as a person reads it; empty: none
  std::vector<ActiveMute> mutes;
  bool muted_by_config = false;
  std::optional<WallTime> mute_file_until;
  bool off = false;
  int waiting = 0;
  int dead = 0;
  std::string trouble;
};

template <class Fields>
void describe(Fields& fields, OpenIncident& incident) {
  fields("name", incident.name);
  fields("check", incident.check);
  fields("title", incident.title);
  fields("summary", incident.summary);
  fields("status", incident.status);
  fields("since_ms", incident.since);
  fields("lasts_ms", incident.lasts);
  fields("deploy", incident.deploy);
  fields("flapping", incident.flapping);
  fields("checks", incident.checks);
}

template <class Fields>
void describe(Fields& fields, Repeated& repeated) {
  fields("check", repeated.check);
  fields("title", repeated.title);
  fields("summary", repeated.summary);
  fields("times", repeated.times);
  fields("since_ms", repeated.since);
  fields("last_ms", repeated.last);
}

template <class Fields>
void describe(Fields& fields, LastRun& run) {
  fields("tool", run.tool);
  fields("status", run.status);
  fields("ended_ms", run.ended);
  fields("age_ms", run.age);
  fields("late", run.late);
}

template <class Fields>
void describe(Fields& fields, ActiveMute& mute) {
  fields("check", mute.check);
  fields("reason", mute.reason);
  fields("until_ms", mute.until);
}

template <class Fields>
void describe(Fields& fields, StatusReport& report) {
  fields("incidents", report.incidents);
  fields("repeated", report.repeated);
  fields("runs", report.runs);
  fields("deploy", report.deploy);
  fields("mutes", report.mutes);
  fields("muted_by_config", report.muted_by_config);
  fields("mute_file_until_ms", report.mute_file_until);
  fields("off", report.off);
  fields("waiting", report.waiting);
  fields("refused", report.dead);
  fields("trouble", report.trouble);
}

class Collector {
 public:
  Collector(const Desk& desk, const Book& book) : desk_(desk), book_(book), now_(desk.now(book)) {}

  Result<StatusReport> collect() {
    incidents();
    for (const Series& series : book_.series) {
      report_.repeated.push_back({series.id, series.fact.texts.title, series.fact.texts.summary,
                                  series.fact.times, wall(series.fact.since), wall(series.last)});
    }
    if (auto read = runs(); !read) return std::unexpected(read.error());
    deploy();
    mutes();
    if (auto read = outbox(); !read) return std::unexpected(read.error());
    report_.off = config().text("ALERTS") == "off";
    return std::move(report_);
  }

 private:
  const Config& config() const { return desk_.act().config; }
  WallTime wall(Tick tick) const { return now_.wall - (now_.tick - tick); }

  void incidents() {
    for (const Incident& incident : book_.incidents) {
      if (incident.ended) continue;
      OpenIncident open;
      open.name = incident_name(incident.id);
      open.check = incident.root;
      if (const Problem* root = book_.find(incident.root)) {
        open.title = root->texts.title;
        open.summary = root->texts.summary;
      }
      open.status = incident.status;
      open.since = wall(incident.opened);
      open.lasts = now_.tick - incident.opened;
      open.deploy = incident.deploy;
      open.flapping = incident.flapping;
      open.checks = incident.checks;
      report_.incidents.push_back(std::move(open));
    }
  }

  Result<void> runs() {
    const auto stamps = read_run_stamps(config().text("STATE_DIR"), desk_.act().notes);
    if (!stamps) return std::unexpected(stamps.error());
    for (const RunStamp& stamp : *stamps) {
      Clock& clock = desk_.act().clock;
      const Milliseconds age = age_of(stamp, Procfs{}.boot_id().value_or(""), clock);
      report_.runs.push_back(
          {stamp.tool, stamp.status, stamp.ended, age, is_late(stamp, age, clock)});
    }
    return {};
  }

  void deploy() {
    const auto marker = read_deploy_marker(config().text("RUN_DIR"));
    if (marker && !*marker) return;
    Verdict verdict;
    verdict.id = "deploy_stuck";
    const Finding found = judge_deploy(marker, config().seconds("DEPLOY_GRACE_PERIOD"),
                                       spent_marker(config(), desk_.act().clock), now_.wall);
    verdict.code = found.code;
    verdict.facts = found.facts;
    report_.deploy =
        Catalogue::builtin().tell(verdict, desk_.act().lang, names_of(config())).summary;
  }

  void mutes() {
    for (const Mute& mute : book_.mutes) {
      if (mute.until <= now_.tick) continue;
      report_.mutes.push_back({mute.check, mute.reason, wall(mute.until)});
    }
    const Surroundings around =
        look_around(config(), desk_.act().clock, desk_.act().clock.boot(), desk_.act().notes);
    report_.muted_by_config = around.muted_by_config;
    if (const auto end = end_of_mute_file(book_, around, now_))
      report_.mute_file_until = wall(*end);
  }

  Result<void> outbox() {
    const Outbox outbox{outbox_directory(config().text("STATE_DIR"))};
    const auto waiting = outbox.waiting(book_.sequence, desk_.act().notes);
    if (!waiting) return std::unexpected(waiting.error());
    const auto dead = outbox.dead_numbers();
    if (!dead) return std::unexpected(dead.error());
    report_.waiting = static_cast<int>(waiting->size());
    report_.dead = static_cast<int>(dead->size());
    Alerting alerting{config(), desk_.act().http, desk_.act().clock, desk_.act().notes};
    if (const auto trouble = alerting.trouble()) {
      report_.trouble =
          Catalogue::builtin().tell(*trouble, desk_.act().lang, names_of(config())).summary;
    }
    return {};
  }

  const Desk& desk_;
  const Book& book_;
  Now now_;
  StatusReport report_;
};

void print(const Desk& desk, const StatusReport& report, const Now& now) {
  const Wording words = desk.wording(now);
  const auto time = [&](WallTime wall) {
    return words.time(now.tick - std::chrono::duration_cast<Milliseconds>(now.wall - wall));
  };
  if (report.incidents.empty()) desk.say(desk.phrase("status_all_well"));
  for (const OpenIncident& incident : report.incidents) {
    Facts facts;
    facts.set("name", incident.name)
        .set("title", incident.title)
        .set("summary", incident.flapping ? desk.phrase("status_flapping") : incident.summary)
        .set("since", time(incident.since))
        .set("duration", words.duration(incident.lasts))
        .set("deploy", incident.deploy);
    desk.say(desk.phrase("status_incident", facts));
  }
  for (const Repeated& repeated : report.repeated) {
    Facts facts;
    facts.set("title", repeated.title)
        .set("summary", repeated.summary)
        .set("times", words.counted(repeated.times, "times"))
        .set("last", time(repeated.last));
    desk.say(desk.phrase("status_repeated", facts));
  }
  desk.say("");
  desk.say(desk.phrase("status_tools"));
  if (report.runs.empty()) desk.say("  " + desk.phrase("status_no_tools"));
  for (const LastRun& run : report.runs) {
    Facts facts;
    facts.set("tool", run.tool)
        .set("status", to_string(run.status))
        .set("age", words.duration(run.age));
    desk.say("  " + desk.phrase(run.late ? "status_tool_late" : "status_tool", facts));
  }
  desk.say("");
  if (!report.deploy.empty()) {
    desk.say(desk.phrase("status_deploy", Facts{}.set("summary", report.deploy)));
  }
  for (const ActiveMute& mute : report.mutes) {
    Facts facts;
    facts.set("until", time(mute.until)).set("reason", mute.reason).set("check", mute.check);
    desk.say(desk.phrase("status_mute", facts));
  }
  const Config& config = desk.act().config;
  if (report.muted_by_config) {
    desk.say(desk.phrase("status_muted_by_config", Facts{}.set("config", config.path())));
  }
  if (report.mute_file_until) {
    Facts facts;
    facts.set("until", time(*report.mute_file_until)).set("path", config.text("ALERTS_MUTE_FILE"));
    desk.say(desk.phrase("status_mute_file", facts));
  }
  if (report.off) desk.say(desk.phrase("status_off"));
  Facts facts;
  facts.set("waiting", report.waiting).set("trouble", report.trouble);
  if (report.dead > 0) facts.set("dead", report.dead);
  desk.say(desk.phrase("status_outbox", facts));
}

}  // namespace

Result<int> status(const Desk& desk) {
  const auto book = desk.book();
  if (!book) return std::unexpected(book.error());
  const auto report = Collector{desk, *book}.collect();
  if (!report) return std::unexpected(report.error());
  if (desk.as_json()) {
    desk.say(to_json_fields(*report));
  } else {
    print(desk, *report, desk.now(*book));
  }
  Status worst_open = Status::ok;
  for (const OpenIncident& incident : report->incidents) {
    worst_open = worst(worst_open, incident.status);
  }
  return exit_code(worst_open);
}

}  // namespace lectio
