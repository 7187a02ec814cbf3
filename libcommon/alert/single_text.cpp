#include "alert/single_text.hpp"

#include <algorithm>

#include "alert/html.hpp"

namespace lectio {
namespace {

std::string when_line(const std::string& time, const Wording& wording) {
  return wording.line("when", Facts{}.set("time", time).set("host", wording.host()));
}

std::string fact_text(const Event& event, const Wording& wording) {
  const Problem& fact = event.fact;
  const bool is_news = event.tier == Tier::info || fact.status == Status::ok;
  Letter letter;
  const std::string title =
      fact.id.ends_with(":more")
          ? wording.phrase("series_more", Facts{}.set("title", wording.title(fact)))
          : wording.title(fact);
  letter.line(wording.headline(is_news ? mark::note : mark::of(fact.status), title));
  if (event.kind == EventKind::repeated) {
    letter.line(when_line(wording.span(fact.since, event.last), wording));
  } else {
    letter.line(when_line(wording.time(fact.since), wording));
  }
  if (fact.times > 1) {
    letter.line(wording.line("in_all", Facts{}.set("times", wording.counted(fact.times, "times"))));
  }
  if (!fact.deploy.empty()) {
    letter.line(wording.line("in_deploy", Facts{}.set("deploy", wording.name(fact.deploy))));
  }
  letter.gap();
  letter.line(wording.summary(fact));
  letter.line(wording.meaning(fact));
  letter.line(wording.action(fact));
  letter.line(wording.log(fact, fact.times > 0 ? "stack" : "log"));
  letter.gap();
  letter.line(wording.tool(fact));
  return letter.text();
}

std::string hidden_line(const Mute::Hidden& hidden, bool still_bad, const Wording& wording) {
  Problem problem;
  problem.id = hidden.id;
  problem.texts.title = hidden.title;
  return "• " + wording.line(still_bad ? "hidden_bad" : "hidden_good",
                             Facts{}
                                 .set("title", wording.title(problem))
                                 .set("since", wording.time(hidden.since))
                                 .set("span", wording.span(hidden.since, hidden.seen)));
}

std::string mute_ended_text(const Event& event, const Wording& wording) {
  const Mute& mute = event.mute;
  const std::string title =
      mute.check.empty()
          ? wording.phrase("mute_ended")
          : wording.phrase("mute_ended_check", Facts{}.set("check", wording.name(mute.check)));
  const Tick end = std::min(mute.until, wording.now().tick);
  Letter letter;
  letter.line(wording.headline(mark::unmuted, title));
  letter.line(wording.line("mute_was", Facts{}
                                           .set("span", wording.span(mute.since, end))
                                           .set("who", wording.name(mute.who))
                                           .set("reason", wording.name(mute.reason))));
  letter.gap();
  if (mute.hidden.empty()) {
    letter.line(wording.line("mute_hidden_none"));
    return letter.text();
  }
  // What is still bad first: that is what something must be done about.
  std::vector<std::string> bad;
  std::vector<std::string> good;
  for (const Mute::Hidden& hidden : mute.hidden) {
    const bool still_bad = std::ranges::find(event.still_bad, hidden.id) != event.still_bad.end();
    (still_bad ? bad : good).push_back(hidden_line(hidden, still_bad, wording));
  }
  bad.insert(bad.end(), good.begin(), good.end());
  letter.line(wording.line("mute_hidden"));
  wording.list(letter, bad, Letter{});
  return letter.text();
}

std::string muted_by_config_text(const Wording& wording) {
  Problem muted;
  muted.texts.meaning = wording.phrase("muted_by_config_meaning");
  muted.texts.action = wording.phrase("muted_by_config_action");
  Letter letter;
  letter.line(wording.headline(mark::muted, wording.phrase("muted_by_config")));
  letter.line(when_line(wording.time(wording.now().tick), wording));
  letter.gap();
  letter.line(wording.meaning(muted));
  letter.line(wording.action(muted));
  return letter.text();
}

std::string proof_of_life_text(const Event& event, const Wording& wording) {
  Letter letter;
  letter.line(wording.headline(mark::good, wording.phrase("proof_of_life")));
  letter.line(wording.line("proof_of_life_counts",
                           Facts{}
                               .set("checks", wording.counted(event.checks, "checks"))
                               .set("incidents", wording.counted(event.incidents, "incidents"))));
  letter.line(when_line(wording.time(wording.now().tick), wording));
  return letter.text();
}

}  // namespace

std::string single_text(const Event& event, const Wording& wording) {
  switch (event.kind) {
    case EventKind::fact:
    case EventKind::repeated:
      return fact_text(event, wording);
    case EventKind::mute_ended:
      return mute_ended_text(event, wording);
    case EventKind::muted_by_config:
      return muted_by_config_text(wording);
    case EventKind::proof_of_life:
      return proof_of_life_text(event, wording);
    default:
      return {};
  }
}

}  // namespace lectio
