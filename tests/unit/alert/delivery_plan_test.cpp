#include "alert/delivery_plan.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cctype>

namespace lectio {
namespace {

using testing::ElementsAre;

// One letter a notice: o open, e edit, r reply, c close, s single; a capital is loud, and q a
// reply (silent) that leaves the live text as it is. The notice at place N has number N and the
// texts lN (live), mN (message), wN (whole).
std::vector<Notice> notices(std::string_view letters) {
  std::vector<Notice> made;
  for (std::size_t i = 0; i < letters.size(); ++i) {
    const auto letter = static_cast<unsigned char>(letters[i]);
    Notice notice{.sequence = i + 1, .incident = 1, .loud = std::isupper(letter) != 0};
    switch (std::tolower(letter)) {
      case 'o':
        notice.kind = NoticeKind::open;
        break;
      case 'e':
        notice.kind = NoticeKind::edit;
        break;
      case 'c':
        notice.kind = NoticeKind::close;
        break;
      case 's':
        notice.kind = NoticeKind::single;
        break;
      default:
        notice.kind = NoticeKind::reply;
        break;
    }
    if (letter != 'q' && letter != 's') notice.live = fmt::format("l{}", i + 1);
    if (letter != 'o' && std::tolower(letter) != 'e') notice.message = fmt::format("m{}", i + 1);
    notice.whole = fmt::format("w{}", i + 1);
    made.push_back(std::move(notice));
  }
  return made;
}

// "N l4!": a new message with the text l4, loud; E edit, R reply, S single.
std::string plan(std::string_view letters, std::optional<std::uint64_t> shown) {
  std::string told;
  for (const PlannedCall& call : plan_delivery(notices(letters), shown)) {
    if (!told.empty()) told += ", ";
    const char kind = "NERS"[static_cast<std::size_t>(call.kind)];
    told += fmt::format("{} {}{}", kind, call.text, call.loud ? "!" : "");
  }
  return told;
}

std::string unsent(std::string_view letters) { return plan(letters, std::nullopt); }
std::string sent(std::string_view letters) { return plan(letters, 0); }

TEST(DeliveryPlan, WhatWasNeverSaidIsSaidOnce) {
  EXPECT_EQ(unsent("o"), "N l1");
  EXPECT_EQ(unsent("O"), "N l1!");
  EXPECT_EQ(unsent("Oeer"), "N l4!");
  EXPECT_EQ(unsent("oee"), "N l3");
  EXPECT_EQ(unsent("oeRe"), "N l4!");
  EXPECT_EQ(unsent("oq"), "N l1");
}

TEST(DeliveryPlan, WhatBeganAndEndedUnsaidIsOneMessageAsLoudAsItsOpening) {
  EXPECT_EQ(unsent("Oc"), "N w2!");
  EXPECT_EQ(unsent("Oerec"), "N w5!");
  EXPECT_EQ(unsent("oRc"), "N w3");
  EXPECT_EQ(unsent("oce"), "N w2");
  EXPECT_EQ(unsent("C"), "N w1!");
}

TEST(DeliveryPlan, WhatCameBackAfterItsEndIsOpen) {
  EXPECT_EQ(unsent("ocR"), "N l3!");
  EXPECT_EQ(unsent("ocRc"), "N w4");
  EXPECT_EQ(sent("cR"), "E l2, R m2!");
}

TEST(DeliveryPlan, WithoutAnOpeningTheLiveTextIsStillSaid) {
  EXPECT_EQ(unsent("ee"), "N l2");
  EXPECT_EQ(unsent("eR"), "N l2!");
  EXPECT_EQ(unsent("q"), "N m1");
}

TEST(DeliveryPlan, EditsOfALiveMessageAreOne) {
  EXPECT_EQ(sent("e"), "E l1");
  EXPECT_EQ(sent("eee"), "E l3");
  EXPECT_EQ(sent("EEE"), "E l3");
}

TEST(DeliveryPlan, RepliesAreTheNewest) {
  EXPECT_EQ(sent("r"), "E l1, R m1");
  EXPECT_EQ(sent("q"), "R m1");
  EXPECT_EQ(sent("Rr"), "E l2, R m2!");
  EXPECT_EQ(sent("erqe"), "E l4, R m3");
}

TEST(DeliveryPlan, AnEndDropsOlderReplies) {
  EXPECT_EQ(sent("c"), "E l1, R m1");
  EXPECT_EQ(sent("C"), "E l1, R m1!");
  EXPECT_EQ(sent("eRec"), "E l4, R m4");
}

TEST(DeliveryPlan, AnOpeningIsAlwaysANewMessage) { EXPECT_EQ(sent("Oe"), "N l2!"); }

TEST(DeliveryPlan, AnOpeningFromTheGraveOpensNothingThatWasSaidSince) {
  EXPECT_EQ(plan("o", 5), "");
  EXPECT_EQ(plan("oe", 1), "E l2");
}

TEST(DeliveryPlan, ASingleStaysAlone) {
  EXPECT_EQ(unsent("S"), "S m1!");
  EXPECT_EQ(sent("s"), "S m1");
}

TEST(DeliveryPlan, ANewerTextIsNeverReplacedByAnOlder) {
  EXPECT_EQ(plan("r", 1), "R m1");
  EXPECT_EQ(plan("rre", 2), "E l3, R m2");
  EXPECT_EQ(plan("er", 7), "R m2");
  EXPECT_EQ(plan("e", 1), "");
}

TEST(DeliveryPlan, AnEditWithoutATextSaysNothing) {
  auto group = notices("e");
  group[0].live.clear();
  EXPECT_TRUE(plan_delivery(group, 0).empty());
}

TEST(DeliveryPlan, EachCallSettlesWhatItSays) {
  const auto calls = plan_delivery(notices("erqe"), 0);
  ASSERT_EQ(calls.size(), 2U);
  EXPECT_THAT(calls[0].settles, ElementsAre(1, 4));
  EXPECT_THAT(calls[1].settles, ElementsAre(2, 3));
  EXPECT_THAT(plan_delivery(notices("oerc"), std::nullopt)[0].settles, ElementsAre(1, 2, 3, 4));
}

TEST(DeliveryPlan, EveryNoticeIsSettledByExactlyOneCall) {
  constexpr std::string_view alphabet = "oercq";
  for (std::size_t code = 0; code < 3125; ++code) {
    std::string letters;
    for (std::size_t rest = code, i = 0; i < 5; ++i, rest /= 5) letters += alphabet[rest % 5];
    for (const std::optional<std::uint64_t> shown :
         {std::optional<std::uint64_t>{}, std::optional<std::uint64_t>{0}}) {
      std::vector<std::uint64_t> settled;
      for (const PlannedCall& call : plan_delivery(notices(letters), shown)) {
        settled.insert(settled.end(), call.settles.begin(), call.settles.end());
      }
      EXPECT_THAT(settled, testing::UnorderedElementsAre(1, 2, 3, 4, 5)) << letters;
    }
  }
}

TEST(DeliveryPlan, TheTierIsTheOpenings) {
  auto group = notices("oe");
  group[0].tier = Tier::critical;
  group[1].tier = Tier::info;
  EXPECT_EQ(plan_delivery(group, std::nullopt)[0].tier, Tier::critical);
}

TEST(DeliveryPlan, IncidentsComeInTheOrderOfTheirFirstNotice) {
  std::string order;
  std::vector<Notice> all;
  const auto add = [&](std::uint64_t incident, NoticeKind kind) {
    all.push_back({.sequence = all.size() + 1, .incident = incident, .kind = kind});
  };
  add(2, NoticeKind::open);
  add(0, NoticeKind::single);
  add(1, NoticeKind::open);
  add(2, NoticeKind::edit);
  add(0, NoticeKind::single);
  for (const auto& group : by_incident(all)) {
    for (const Notice& notice : group) order += std::to_string(notice.sequence);
    order += ' ';
  }
  EXPECT_EQ(order, "14 2 3 5 ");
}

}  // namespace
}  // namespace lectio
