#include "alert/incident_text.hpp"

#include <algorithm>
#include <initializer_list>
#include <ranges>

#include "alert/causes.hpp"
#include "alert/html.hpp"

namespace lectio {
namespace {

// UTF-16 units of a title that a lock screen shows; a longer fact gets a line of its own.
constexpr std::size_t headline_units = 120;

const Problem* find_problem(const std::vector<Problem>& problems, std::string_view id) {
  const auto found = std::ranges::find(problems, id, &Problem::id);
  return found == problems.end() ? nullptr : &*found;
}

const Problem* first_of(std::initializer_list<const Problem*> candidates) {
  const auto found =
      std::ranges::find_if(candidates, [](const Problem* problem) { return problem != nullptr; });
  return found == candidates.end() ? nullptr : *found;
}

// What the incident was about, when nothing of it is bad any more.
Problem past_subject(const IncidentView& view) {
  const Incident& incident = view.incident;
  const Problem* found = first_of(
      {find_problem(view.ended, incident.cause_id), find_problem(view.bad, incident.cause_id),
       find_problem(view.ended, incident.root), find_problem(view.bad, incident.root),
       view.ended.empty() ? nullptr : &view.ended.front()});
  Problem subject = found == nullptr ? Problem{} : *found;
  if (found == nullptr) subject.id = incident.root;
  if (subject.texts.title.empty()) subject.texts.title = incident.cause;
  return subject;
}

// What the message is about: the root while it is bad, else what remains.
Problem subject_of(const IncidentView& view) {
  if (view.bad.empty()) return past_subject(view);
  const Problem* root = find_problem(view.bad, view.incident.root);
  return root == nullptr ? *causes_of(view).causes.front() : *root;
}

// The worst that there is now.
Status status_of(const IncidentView& view) {
  const auto some = [&](Status status) {
    return std::ranges::find(view.bad, status, &Problem::status) != view.bad.end();
  };
  for (const Status status : {Status::critical, Status::warning, Status::unknown}) {
    if (some(status)) return status;
  }
  return view.incident.status;
}

std::string_view mark_of(const IncidentView& view) {
  return view.incident.flapping ? mark::flapping : mark::of(status_of(view));
}

std::vector<const Problem*> all_but(std::string_view id,
                                    std::initializer_list<const std::vector<Problem>*> lists) {
  std::vector<const Problem*> others;
  for (const auto* problems : lists) {
    for (const Problem& problem : *problems) {
      if (problem.id != id) others.push_back(&problem);
    }
  }
  return others;
}

Tick end_of(const IncidentView& view, const Wording& wording) {
  return view.incident.ended.value_or(wording.now().tick);
}

std::string duration_of(const IncidentView& view, const Wording& wording) {
  return wording.duration(end_of(view, wording) - view.incident.opened);
}

std::string since_line(const IncidentView& view, const Wording& wording) {
  const Milliseconds lasted = wording.now().tick - view.incident.opened;
  return wording.line(
      "since",
      Facts{}
          .set("since", wording.time(view.incident.opened))
          .set("duration", lasted < std::chrono::minutes{1} ? "" : wording.duration(lasted))
          .set("deploy", wording.deploy(view.incident))
          .set("host", wording.host()));
}

std::string names_line(std::string_view key, const std::vector<const Problem*>& problems,
                       const Wording& wording) {
  const std::string names = wording.names(problems);
  return names.empty() ? "" : wording.line(key, Facts{}.set("names", names));
}

std::string open_text(const IncidentView& view, const Wording& wording) {
  const Problem subject = subject_of(view);
  Causes causes = causes_of(view);
  std::erase_if(causes.causes, [&](const Problem* cause) { return cause->id == subject.id; });
  for (const Problem& problem : view.behind) causes.consequences.push_back(&problem);

  Letter letter;
  const std::string what = wording.what(subject);
  const bool headline_says_all = cut_to_units(what, headline_units) == what;
  letter.line(wording.headline(mark_of(view), headline_says_all ? what : wording.title(subject)));
  letter.line(since_line(view, wording));
  if (view.incident.flapping) letter.line(wording.line("flapping"));
  letter.gap();
  if (!headline_says_all) letter.line(wording.fact(subject));
  letter.line(wording.meaning(subject));
  letter.line(wording.action(subject));
  letter.line(wording.log(subject));
  letter.line(names_line("consequences", causes.consequences, wording));
  letter.line(names_line("eased", all_but(subject.id, {&view.ended}), wording));

  Letter foot;
  foot.line(wording.foot(view));
  if (!causes.causes.empty()) {
    std::vector<std::string> facts;
    facts.reserve(causes.causes.size());
    for (const Problem* cause : causes.causes) {
      facts.push_back("• " + wording.fact(*cause));
    }
    letter.gap();
    letter.line(wording.line("also"));
    wording.list(letter, facts, foot);
  }
  letter.append(foot);
  return letter.text();
}

std::string closed_text(const IncidentView& view, const Wording& wording) {
  const Problem subject = past_subject(view);
  Letter letter;
  letter.line(wording.headline(
      mark::good, wording.phrase("headline_closed", Facts{}.set("title", wording.title(subject)))));
  letter.line(wording.line(
      "lasted", Facts{}
                    .set("span", wording.span(view.incident.opened, end_of(view, wording)))
                    .set("duration", duration_of(view, wording))
                    .set("deploy", wording.deploy(view.incident))
                    .set("host", wording.host())));
  letter.gap();
  letter.line(wording.fact(subject));
  letter.line(
      names_line("affected", all_but(subject.id, {&view.ended, &view.bad, &view.behind}), wording));
  letter.gap();
  letter.line(wording.foot(view));
  return letter.text();
}

std::string merged_text(const Event& event, const Wording& wording) {
  const Problem subject = subject_of(event.view);
  const std::string into = incident_name(event.into);
  Letter letter;
  letter.line(wording.headline(
      mark::merged,
      wording.phrase("headline_merged",
                     Facts{}.set("title", wording.title(subject)).set("into", into))));
  letter.line(since_line(event.view, wording));
  letter.gap();
  letter.line(wording.fact(subject));
  letter.line(wording.line("merged", Facts{}.set("into", into)));
  letter.gap();
  letter.line(wording.foot(event.view));
  return letter.text();
}

// "🔴 …", and what it is about on a line of its own.
std::string reply_about(std::string_view mark, const std::string& said, const Problem& subject,
                        const Wording& wording) {
  Letter letter;
  letter.line(std::string{mark} + " " + said);
  letter.line(escaped(wording.what(subject)));
  return letter.text();
}

std::string still_bad_reply(std::string_view key, std::string_view key_when_down,
                            const IncidentView& view, const Wording& wording) {
  const bool is_down = status_of(view) == Status::critical;
  const std::string said = wording.line(
      is_down ? key_when_down : key,
      Facts{}.set("duration", wording.duration(wording.now().tick - view.incident.opened)));
  return reply_about(mark_of(view), said, subject_of(view), wording);
}

std::string worse_reply(std::string_view key, const IncidentView& view, const Wording& wording) {
  const std::string what = wording.what(subject_of(view));
  return std::string{mark::of(status_of(view))} + " " +
         wording.line(key, Facts{}.set("what", what));
}

std::string closed_reply(const IncidentView& view, const Wording& wording) {
  const bool was_down = view.incident.status == Status::critical;
  const std::string said = wording.line(
      was_down ? "closed_down" : "closed",
      Facts{}.set("duration", duration_of(view, wording)).set("repair", view.incident.repair));
  return reply_about(mark::good, said, past_subject(view), wording);
}

}  // namespace

std::string live_text(const Event& event, const Wording& wording) {
  if (event.kind == EventKind::merged) return merged_text(event, wording);
  const bool closed = event.kind == EventKind::closed;
  return closed ? closed_text(event.view, wording) : open_text(event.view, wording);
}

std::string reply_text(const Event& event, const Wording& wording) {
  switch (event.kind) {
    case EventKind::raised:
      return worse_reply("raised", event.view, wording);
    case EventKind::again:
      return worse_reply("again", event.view, wording);
    case EventKind::new_cause:
      return worse_reply("new_cause", event.view, wording);
    case EventKind::reminder:
      return still_bad_reply("reminder", "reminder_down", event.view, wording);
    case EventKind::settled:
      return still_bad_reply("settled", "settled_down", event.view, wording);
    case EventKind::closed:
      return closed_reply(event.view, wording);
    default:
      return {};
  }
}

std::string whole_text(const Event& event, const Wording& wording) {
  const IncidentView& view = event.view;
  const Problem subject = past_subject(view);
  const bool was_down = view.incident.status == Status::critical;
  const std::string title =
      wording.phrase(was_down ? "whole_down" : "whole",
                     Facts{}
                         .set("span", wording.span(view.incident.opened, end_of(view, wording)))
                         .set("duration", duration_of(view, wording)));
  const std::string deploy = wording.deploy(view.incident);
  Letter letter;
  letter.line(wording.headline(mark::good, title));
  letter.gap();
  letter.line(wording.line("cause", Facts{}.set("text", wording.what(subject))));
  if (!deploy.empty()) letter.line(wording.line("after_deploy", Facts{}.set("deploy", deploy)));
  letter.gap();
  letter.line(wording.foot(view));
  return letter.text();
}

}  // namespace lectio
