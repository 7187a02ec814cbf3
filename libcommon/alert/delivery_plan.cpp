#include "alert/delivery_plan.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <ranges>

namespace lectio {
namespace {

using Text = std::string Notice::*;

bool is_reply(const Notice& notice) {
  return notice.kind == NoticeKind::reply || notice.kind == NoticeKind::close;
}

// Empty when none of them has one.
const std::string& newest(std::span<const Notice> group, Text which) {
  static const std::string none;
  for (const Notice& notice : std::views::reverse(group)) {
    if (!(notice.*which).empty()) return notice.*which;
  }
  return none;
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
  const Notice* const end = end_of(group);
  PlannedCall call{.kind = PlannedCall::Kind::fresh,
                   .text = newest(group, &Notice::live),
                   .tier = opening == group.end() ? group.front().tier : opening->tier,
                   .loud = std::ranges::any_of(group, &Notice::loud),
                   .settles = numbers(group, [](const Notice&) { return true; })};
  if (end != nullptr && !end->whole.empty()) {
    call.text = end->whole;
    call.loud = opening == group.end() ? end->loud : opening->loud;
  }
  if (call.text.empty()) call.text = newest(group, &Notice::message);
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

std::vector<PlannedCall> plan_delivery(std::span<const Notice> group, Live live) {
  const Notice& first = group.front();
  if (first.kind == NoticeKind::single) {
    return {{.kind = PlannedCall::Kind::single,
             .text = first.message,
             .tier = first.tier,
             .loud = first.loud,
             .settles = {first.sequence}}};
  }
  const bool opens = std::ranges::find(group, NoticeKind::open, &Notice::kind) != group.end();
  if (live == Live::none || opens) return {first_message(group)};

  std::vector<PlannedCall> calls;
  if (const std::string& text = newest(group, &Notice::live); !text.empty()) {
    calls.push_back({.kind = PlannedCall::Kind::edit,
                     .text = text,
                     .tier = first.tier,
                     .loud = false,
                     .settles = numbers(group, std::not_fn(is_reply))});
  }
  if (std::ranges::any_of(group, is_reply)) {
    const Notice* const end = end_of(group);
    const bool any_loud = std::ranges::any_of(
        group, [](const Notice& notice) { return is_reply(notice) && notice.loud; });
    const bool edited = !calls.empty();
    calls.push_back({.kind = PlannedCall::Kind::reply,
                     .text = newest(group, &Notice::message),
                     .tier = first.tier,
                     .loud = end != nullptr ? end->loud : any_loud,
                     .settles = numbers(group, [&](const Notice& notice) {
                       return !edited || is_reply(notice);
                     })});
  }
  return calls;
}

}  // namespace lectio
