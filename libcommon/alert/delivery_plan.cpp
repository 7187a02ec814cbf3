#include "alert/delivery_plan.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <ranges>

namespace lectio {
namespace {

bool is_reply(const Notice& notice) {
  return notice.kind == NoticeKind::reply || notice.kind == NoticeKind::close;
}

// The newest that has such a text; null when none has.
const Notice* newest(std::span<const Notice> group, std::string Notice::* text) {
  for (const Notice& notice : std::views::reverse(group)) {
    if (!(notice.*text).empty()) return &notice;
  }
  return nullptr;
}

// The close that still holds: an incident that came back after it is open.
const Notice* end_of(std::span<const Notice> group) {
  for (const Notice& notice : std::views::reverse(group)) {
    if (notice.kind == NoticeKind::close) return &notice;
    if (notice.kind != NoticeKind::edit) return nullptr;
  }
  return nullptr;
}

std::vector<std::uint64_t> numbers(std::span<const Notice> group, auto belongs) {
  std::vector<std::uint64_t> found;
  for (const Notice& notice : group) {
    if (belongs(notice)) found.push_back(notice.sequence);
  }
  return found;
}

PlannedCall first_message(std::span<const Notice> group) {
  const auto opening = std::ranges::find(group, NoticeKind::open, &Notice::kind);
  const bool has_opening = opening != group.end();
  PlannedCall call{.kind = PlannedCall::Kind::fresh,
                   .tier = has_opening ? opening->tier : group.front().tier,
                   .loud = std::ranges::any_of(group, &Notice::loud),
                   .shows = group.back().sequence,
                   .settles = numbers(group, [](const Notice&) { return true; })};
  if (const Notice* const end = end_of(group); end != nullptr && !end->whole.empty()) {
    call.text = end->whole;
    call.loud = has_opening ? opening->loud : end->loud;
  } else if (const Notice* const live = newest(group, &Notice::live); live != nullptr) {
    call.text = live->live;
  } else if (const Notice* const said = newest(group, &Notice::message); said != nullptr) {
    call.text = said->message;
  }
  return call;
}

}  // namespace

std::vector<std::vector<Notice>> by_incident(const std::vector<Notice>& notices) {
  std::vector<std::vector<Notice>> groups;
  std::map<std::uint64_t, std::size_t> place;
  for (const Notice& notice : notices) {
    if (notice.kind == NoticeKind::single) {
      groups.push_back({notice});
      continue;
    }
    const auto [found, is_new] = place.try_emplace(notice.incident, groups.size());
    if (is_new) groups.emplace_back();
    groups[found->second].push_back(notice);
  }
  return groups;
}

std::vector<PlannedCall> plan_delivery(std::span<const Notice> group,
                                       std::optional<std::uint64_t> shown) {
  const Notice& first = group.front();
  if (first.kind == NoticeKind::single) {
    return {{.kind = PlannedCall::Kind::single,
             .text = first.message,
             .tier = first.tier,
             .loud = first.loud,
             .settles = {first.sequence}}};
  }
  // An opening that the live message is past comes from the grave: the incident has been told.
  const bool opens = std::ranges::any_of(group, [&](const Notice& notice) {
    return notice.kind == NoticeKind::open && shown && notice.sequence > *shown;
  });
  if (!shown || opens) return {first_message(group)};

  std::vector<PlannedCall> calls;
  const Notice* const live = newest(group, &Notice::live);
  const bool is_edited = live != nullptr && live->sequence > *shown;
  if (is_edited) {
    calls.push_back({.kind = PlannedCall::Kind::edit,
                     .text = live->live,
                     .tier = first.tier,
                     .shows = live->sequence,
                     .settles = numbers(group, std::not_fn(is_reply))});
  }
  const Notice* const reply = newest(group, &Notice::message);
  if (reply != nullptr) {
    const Notice* const end = end_of(group);
    const bool any_loud = std::ranges::any_of(
        group, [](const Notice& notice) { return is_reply(notice) && notice.loud; });
    calls.push_back({.kind = PlannedCall::Kind::reply,
                     .text = reply->message,
                     .tier = first.tier,
                     .loud = end != nullptr ? end->loud : any_loud,
                     .settles = numbers(group, [&](const Notice& notice) {
                       return !is_edited || is_reply(notice);
                     })});
  }
  return calls;
}

}  // namespace lectio
