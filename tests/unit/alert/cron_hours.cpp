#include "alert/cron_hours.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <utility>

#include "alert/policy.hpp"
#include "alert/small_site.hpp"

namespace lectio::test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

struct Fault {
  const FaultKind* kind;
  Tick start;
  Tick end;
  bool flaps = false;
  bool of_deploy = false;  // ends before it has settled: nobody is to hear of it
  bool judged = false;
  bool judged_heard = false;
};

struct Span {
  Tick start;
  Tick end;
};

// Times here are true ones, since the beginning.
class World {
 public:
  World(int hours_to_play, std::uint32_t seed) : random_(seed) {
    result_.hours = hours_to_play;
    end_ = hours{hours_to_play};
  }

  CronHours play() {
    for (Tick minute{0}; minute < end_ + hours{30}; minute += minutes{1}) {
      if (minute < end_) invent(minute);
      cron(minute);
      judge_lost(minute + minutes{1});
    }
    for (const Incident& incident : book_.incidents) {
      result_.lost.push_back(
          fmt::format("incident {} of {} never ended", incident.id, incident.cause_id));
    }
    return std::move(result_);
  }

 private:
  bool chance(double probability) { return std::bernoulli_distribution{probability}(random_); }
  Tick between(Tick least, Tick most) {
    return Tick{std::uniform_int_distribution<std::int64_t>{least.count(), most.count()}(random_)};
  }
  // Short ones are many, long ones few.
  Tick duration(Tick least, Tick most) {
    const double low = std::log(static_cast<double>(least.count()));
    const double high = std::log(static_cast<double>(most.count()));
    return Tick{
        static_cast<std::int64_t>(std::exp(std::uniform_real_distribution<>{low, high}(random_)))};
  }

  void invent(Tick minute) {
    if (chance(0.01)) {
      const auto pick = std::uniform_int_distribution<std::size_t>{0, fault_kinds().size() - 1};
      Tick start = minute + between(seconds{0}, seconds{59});
      do {  // mended, and soon after it another one
        const FaultKind& kind =
            fault_kinds()[std::uniform_int_distribution<std::size_t>{pick}(random_)];
        const Tick end = start + duration(seconds{5}, hours{6});
        add_fault({&kind, start, end, chance(0.1)});
        start = end + between(seconds{0}, minutes{5});
      } while (chance(0.3));
    }
    if (chance(0.01) && deploy_.end < minute) deploy(minute + between(seconds{1}, seconds{58}));
    if (chance(0.0006)) mute(minute);
    if (chance(0.0004) && deploy_.end < minute) reboot(minute);
    if (chance(0.001)) wall_offset_ += between(hours{-3}, hours{3});
  }

  void add_fault(Fault fault) {
    faults_.push_back(fault);
    ++result_.faults;
  }

  void deploy(Tick start) {
    ++result_.deploys;
    deploy_ = {start, start + between(seconds{5}, seconds{90})};
    ++deploys_;
    quiet_.push_back({deploy_.start, deploy_.end + seconds{16}});
    if (chance(0.8)) {  // it restarts gunicorn, and the workers warm up after it
      add_fault({&fault_kinds()[1], start + seconds{1}, deploy_.end + seconds{2}, false, true});
    }
    if (chance(0.15)) {  // it breaks the site
      add_fault(
          {&fault_kinds()[1], start + seconds{1}, deploy_.end + duration(minutes{5}, hours{2})});
    }
  }

  void mute(Tick minute) {
    const Tick time = duration(minutes{5}, hours{10});
    const bool all = chance(0.5);
    const std::string check = all ? "" : "disk";
    add_mute(book_, {check, "", "", now().tick, now().tick + time, {}});
    (all ? quiet_ : disk_quiet_).push_back({minute, minute + time});
  }

  void reboot(Tick minute) {
    const Tick off = between(seconds{20}, seconds{100});
    off_ = {minute, minute + off};
    booted_ = minute + off;
    boot_id_ = fmt::format("boot {}", ++boots_);
    quiet_.push_back({minute, booted_ + seconds{121}});
    add_fault({&fault_kinds()[1], minute, booted_ + seconds{50}, false, true});
  }

  // A run looks at some moment between its start and its end.
  struct CronRun {
    const ToolRow* tool;
    Tick start;
    Tick look;
    Tick end;
  };

  void cron(Tick minute) {
    std::vector<CronRun> runs;
    const auto number = std::chrono::duration_cast<minutes>(minute).count();
    for (const ToolRow& tool : tools()) {
      const auto every = std::chrono::duration_cast<minutes>(tool.period).count();
      if (number % every != tool.minute) continue;
      const Tick start = minute + between(Milliseconds{0}, seconds{2});
      const Tick end = start + duration(Milliseconds{20}, seconds{25});
      runs.push_back({&tool, start, between(start, end), end});
    }
    std::ranges::sort(runs, {}, &CronRun::end);
    for (const CronRun& run : runs) {
      if (run.start < off_.end && run.end > off_.start) continue;
      decide_one(run);
    }
  }

  char look(const std::string& check, Tick when) {
    char seen = '+';
    for (const Fault& fault : faults_) {
      if (when < fault.start || when >= fault.end) continue;
      if (fault.flaps && (when / minutes{3}) % 2 == 0) continue;
      for (const auto& [id, look] : fault.kind->checks) {
        if (id == check) seen = worse(seen, look);
      }
    }
    return seen;
  }

  Now now() const { return now_of(book_, wall(), boot(), boot_id_); }
  WallTime wall() const {
    return WallTime{std::chrono::sys_days{std::chrono::January / 10 / 2026}} + time_ + wall_offset_;
  }
  BootTime boot() const { return time_ - booted_ + hours{0}; }

  void decide_one(const CronRun& cron_run) {
    time_ = cron_run.end;
    const Now at = now();
    RunSeen run;
    run.tool = cron_run.tool->name;
    run.period = cron_run.tool->period;
    run.started = at.tick - (cron_run.end - cron_run.start);
    for (const CheckRow& check : cron_run.tool->checks) {
      run.known.push_back(check.id);
      Observation seen;
      seen.id = check.id;
      seen.status = status_of(look(check.id, cron_run.look));
      seen.severity = check.severity;
      seen.explained_by = check.explained_by;
      seen.texts.title = check.id;
      run.observations.push_back(std::move(seen));
    }
    Surroundings around;
    around.uptime = cron_run.start - booted_ + (boots_ == 1 ? hours{1} : hours{0});
    if (time_ >= deploy_.start && time_ < deploy_.end) {
      around.marker = MarkerSeen{fmt::format("{}", deploys_), time_ - deploy_.start, {}, "deploy"};
    } else if (deploys_ > 0 && booted_ <= deploy_.end) {
      around.run_dir_changed = time_ - deploy_.end;
      if (time_ < deploy_.start) around.run_dir_changed = hours{1};
    }
    Decision decision = decide(std::move(book_), run, around, at, PolicySettings{});
    book_ = std::move(decision.book);
    ++book_.saves;
    book_.tick = at.tick;
    book_.wall = wall();
    book_.boot = boot();
    book_.boot_id = boot_id_;
    ++result_.decisions;
    for (const Event& event : decision.events) hear(event, around);
  }

  bool quiet_at(Tick when) const {
    return std::ranges::any_of(quiet_, [&](const Span& span) {
      return when >= span.start && when < span.end - seconds{1};
    });
  }

  void hear(const Event& event, const Surroundings& around) {
    const bool of_incident = event.kind <= EventKind::merged;
    if (!of_incident) return;
    if (event.kind == EventKind::merged) {
      heard_[event.into] = std::max(heard_[event.into], heard_[event.view.incident.id]);
    }
    const std::string& root = event.view.incident.root;
    const std::string where =
        fmt::format("minute {}: {} of {}", time_ / minutes{1}, static_cast<int>(event.kind), root);
    if (around.marker) result_.untrue.push_back(where + " inside a deploy");
    if (around.uptime < seconds{120}) result_.untrue.push_back(where + " after a boot");
    if (event.kind == EventKind::opened) {
      ++result_.incidents;
      if (!is_true(event)) result_.untrue.push_back(where + ": nothing is wrong");
    }
    if (!event.loud || event.kind == EventKind::closed) return;
    ++result_.sounds;
    heard_[event.view.incident.id] = time_;
    for (const Problem& problem : event.view.bad) {
      if (problem.id != root) continue;
      const std::string key = fmt::format("{} {}", root, to_string(problem.status));
      const auto last = sounds_.find(key);
      if (last != sounds_.end() && time_ - last->second < seconds{299}) {
        result_.repeated.push_back(where);
      }
      sounds_[key] = time_;
    }
    if (event.kind == EventKind::opened) count_opening(event, where);
  }

  // A steady fault that nothing interferes with is told once.
  void count_opening(const Event& event, const std::string& where) {
    for (std::size_t i = 0; i < faults_.size(); ++i) {
      const Fault& fault = faults_[i];
      if (time_ < fault.start || time_ >= fault.end || fault.flaps) continue;
      for (const Problem& problem : event.view.bad) {
        if (problem.id != fault.kind->checks.front().first) continue;
        if (openings_[i]++ > 0) result_.repeated.push_back(where + " told again");
      }
    }
  }

  bool is_true(const Event& event) const {
    return std::ranges::any_of(event.view.bad, [&](const Problem& problem) {
      return std::ranges::any_of(faults_, [&](const Fault& fault) {
        const bool recent = fault.start <= time_ && fault.end + seconds{30} >= time_;
        return recent && !fault.of_deploy &&
               std::ranges::any_of(fault.kind->checks,
                                   [&](const auto& check) { return check.first == problem.id; });
      });
    });
  }

  // Two looks of the tool that sees the root.
  static Tick time_to_tell(const Fault& fault) {
    const std::string& root = fault.kind->checks.front().first;
    if (root == "certificate") return minutes{61};
    return root == "lessons" || root == "homework" ? minutes{11} : minutes{3};
  }

  // With nothing in the way.
  void judge_lost(Tick when) {
    for (Fault& fault : faults_) {
      if (fault.judged || fault.flaps || when >= fault.end) continue;
      const std::string& root = fault.kind->checks.front().first;
      const Tick need = time_to_tell(fault);
      if (when - fault.start < need) continue;
      if (!calm(when - need, when, root == "disk")) continue;
      fault.judged = true;
      if (!is_told_now(root)) {
        result_.lost.push_back(
            fmt::format("minute {}: {} is not told", when / minutes{1}, fault.kind->name));
      }
    }
    judge_unheard(when);
    if (faults_.size() > 64) forget(when);
  }

  // A fault that came by itself is not only shown: there was a sound after it began.
  void judge_unheard(Tick when) {
    for (Fault& fault : faults_) {
      if (fault.judged_heard || fault.flaps || when >= fault.end) continue;
      if (when - fault.start < time_to_tell(fault) + minutes{5}) continue;  // the cooldown
      fault.judged_heard = true;
      const std::string& root = fault.kind->checks.front().first;
      const Problem* problem = book_.find(root);
      const Incident* incident = problem == nullptr ? nullptr : book_.incident(problem->incident);
      if (incident == nullptr || incident->ended || incident->flapping ||
          problem->status != Status::critical ||
          !calm(fault.start - minutes{2}, when, root == "disk") || !came_alone(fault, when)) {
        continue;
      }
      ++result_.judged_heard;
      if (heard_[incident->id] >= fault.start) continue;
      result_.lost.push_back(
          fmt::format("minute {}: {} makes no sound", when / minutes{1}, fault.kind->name));
    }
  }

  // No other fault hides it, looks like it and has only just ended, or comes and goes beside it.
  bool came_alone(const Fault& fault, Tick when) const {
    const auto touches = [](const Fault& one, const std::string& check) {
      return std::ranges::any_of(one.kind->checks,
                                 [&](const auto& row) { return row.first == check; });
    };
    const std::string& root = fault.kind->checks.front().first;
    return std::ranges::none_of(faults_, [&](const Fault& other) {
      const std::string& cause = other.kind->checks.front().first;
      if (&other == &fault || other.start >= when) return false;
      const bool hides = touches(other, root);
      if (!hides && !touches(fault, cause)) return false;
      const bool is_old = other.start + minutes{30} < fault.start && other.end > when;
      if (is_old && !hides && !other.flaps) return false;
      return other.end >= fault.start - (other.flaps ? minutes{20} : minutes{6});
    });
  }

  void forget(Tick when) {
    const auto over = [&](const Fault& fault) { return fault.end + hours{1} < when; };
    if (std::ranges::any_of(faults_, [&](const Fault& fault) { return !over(fault); }) &&
        !over(faults_.front())) {
      return;
    }
    std::erase_if(faults_, over);
    openings_.clear();
    std::erase_if(quiet_, [&](const Span& span) { return span.end + hours{12} < when; });
    std::erase_if(disk_quiet_, [&](const Span& span) { return span.end + hours{12} < when; });
  }

  bool calm(Tick from, Tick to, bool of_disk) const {
    const auto meets = [&](const Span& span) { return span.start < to && span.end > from; };
    return std::ranges::none_of(quiet_, meets) &&
           !(of_disk && std::ranges::any_of(disk_quiet_, meets));
  }

  bool is_told_now(const std::string& check) const {
    const Problem* problem = book_.find(check);
    if (problem == nullptr) return false;
    if (problem->status == Status::skipped) return true;  // hidden behind another fault
    const Incident* incident = book_.incident(problem->incident);
    return incident != nullptr && !incident->ended;
  }

  std::mt19937 random_;
  CronHours result_;
  Tick end_{0};
  Book book_;
  Tick time_{0};
  Milliseconds wall_offset_{0};
  Tick booted_{0};
  int boots_ = 1;
  std::string boot_id_ = "boot 1";
  Span off_{seconds{-1}, seconds{-1}};
  std::vector<Fault> faults_;
  Span deploy_{seconds{-1}, seconds{-1}};
  int deploys_ = 0;
  std::vector<Span> quiet_;
  std::vector<Span> disk_quiet_;
  std::map<std::string, Tick> sounds_;
  std::map<std::uint64_t, Tick> heard_;  // by incident
  std::map<std::size_t, int> openings_;
};

}  // namespace

CronHours play_cron_hours(int hours_to_play, std::uint32_t seed) {
  return World{hours_to_play, seed}.play();
}

}  // namespace lectio::test
